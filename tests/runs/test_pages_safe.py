from __future__ import annotations

import pytest

from cjm_lab.runs.pages.safe import safe_html


@pytest.mark.parametrize(
    "html",
    [
        "<script>x()</script>",
        "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
        "<scr<script>ipt>x()</script>",
        '<img src="https://evil.example/pixel.png">',
        '<img src="//evil.example/pixel.png">',
        '<img src="pixel.png" srcset="https://evil.example/2x.png 2x">',
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)></svg>",
        '<svg><image xlink:href="https://evil.example/x.png"/></svg>',
        '<svg><use href="https://evil.example/x.svg#a"/></svg>',
        '<a href="javascript:alert(1)">x</a>',
        '<a href="java\tscript:alert(1)">x</a>',
        '<a href=" javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>x()</script>">x</a>',
        '<a href="#a" ping="https://evil.example">x</a>',
        '<iframe src="https://evil.example"></iframe>',
        '<iframe srcdoc="<script>x()</script>"></iframe>',
        '<object data="https://evil.example/x.swf"></object>',
        '<link rel="stylesheet" href="https://evil.example/x.css">',
        '<meta http-equiv="refresh" content="0;url=https://evil.example">',
        '<base href="https://evil.example/">',
        "<style>@import 'https://evil.example/x.css';</style>",
        "<style>p{background:url(https://evil.example/x.png)}</style>",
        "<p style=\"background:url('https://evil.example/x.png')\">x</p>",
        '<form action="https://evil.example"><input name="q"></form>',
        '<video src="https://evil.example/x.mp4" poster="https://evil.example/x.png"></video>',
        '<body background="https://evil.example/x.png">x</body>',
        "<!-- <script>x()</script> -->",
        "<?php https://evil.example ?>",
    ],
)
def test_nothing_runs_and_nothing_asks(html: str) -> None:
    safe = safe_html(f"<p>before</p>{html}<p>after</p>").lower()
    assert "evil.example" not in safe
    for word in ("<script", "javascript:", "onerror", "onload", "srcdoc", "data:text"):
        assert word not in safe


@pytest.mark.parametrize(
    "html",
    [
        "<b>12</b> &lt;b&gt; &amp; more",
        '<table class="dataframe"><tr><th scope="col">a</th></tr></table>',
        '<p style="width:12%">x</p>',
        "<style>.a &gt; .b{color:#123}</style>".replace("&gt;", ">"),
        '<img alt="x" src="data:image/png;base64,AAAA"/>',
        '<a href="4_touchpoints.html#funnel">Step 4</a>',
        '<a href="#funnel">Funnel</a>',
        '<svg viewbox="0 0 9 9"><title>Map</title><path d="M0,0L9,9"></path></svg>',
        '<svg><rect fill="url(#hatch)"></rect></svg>',
        '<details><summary>The map as a table</summary><div tabindex="0">x</div></details>',
    ],
)
def test_what_our_own_code_writes_stays_as_it_is(html: str) -> None:
    assert safe_html(html) == html


def test_a_link_elsewhere_becomes_words_and_address() -> None:
    html = '<a href="https://doi.org/10.1/x">Halvorsrud 2016</a>'
    assert safe_html(html) == "<span>Halvorsrud 2016 (https://doi.org/10.1/x)</span>"


def test_a_bare_address_is_not_said_twice() -> None:
    html = '<a href="https://example.org">https://example.org</a>'
    assert safe_html(html) == "<span>https://example.org</span>"


def test_a_picture_from_elsewhere_leaves_its_words() -> None:
    assert safe_html('<img src="https://example.org/x.png" alt="Our shop">') == "Our shop"


def test_stray_end_tags_cannot_close_the_page() -> None:
    assert safe_html("</div></main><p>x") == "<p>x</p>"
