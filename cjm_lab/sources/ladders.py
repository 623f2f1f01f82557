"""Wordings that survey tools offer: answer scales in words, standard items, telling words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from cjm_lab.sources.formats import clean_name

#: Answers that mean "does not concern me" or "cannot say".
NOT_APPLICABLE = {
    "n/a", "na", "not applicable", "does not apply", "don't know", "do not know", "don’t know",
    "dont know", "no answer", "no opinion", "prefer not to say", "prefer not to answer",
    "keine angabe", "weiß nicht", "k. a.", "k.a.", "no aplica", "ne sait pas", "sans objet",
}  # fmt: skip
#: Numbers that stand for a missing answer where they lie outside the scale.
MISSING_NUMBERS = {"99", "98", "97", "999", "998", "-99", "-98", "-1", "-9", "-999"}

#: Answer scales from the lowest up, by what they measure; "/" parts wordings of one answer.
_LADDERS: dict[str, list[str]] = {
    "satisfied": [
        "very dissatisfied/extremely dissatisfied/very unsatisfied/completely dissatisfied|"
        "dissatisfied/somewhat dissatisfied/unsatisfied|"
        "neither satisfied nor dissatisfied/neutral/neither/neither dissatisfied nor satisfied|"
        "satisfied/somewhat satisfied|"
        "very satisfied/extremely satisfied/completely satisfied",
        "very dissatisfied/extremely dissatisfied|dissatisfied/moderately dissatisfied|"
        "somewhat dissatisfied/slightly dissatisfied|neither satisfied nor dissatisfied/neutral|"
        "somewhat satisfied/slightly satisfied|satisfied/moderately satisfied|"
        "very satisfied/extremely satisfied",
        "sehr unzufrieden|eher unzufrieden/unzufrieden|teils, teils/teils teils/weder noch|"
        "eher zufrieden/zufrieden|sehr zufrieden",
    ],
    "easy": [
        "very difficult/extremely difficult/very hard|difficult/somewhat difficult/hard|"
        "neither easy nor difficult/neutral/neither difficult nor easy|easy/somewhat easy|"
        "very easy/extremely easy",
        "very difficult/extremely difficult|difficult/moderately difficult|"
        "somewhat difficult/slightly difficult|neither easy nor difficult/neutral|"
        "somewhat easy/slightly easy|easy/moderately easy|very easy/extremely easy",
    ],
    "agree": [
        "strongly disagree/completely disagree|disagree/somewhat disagree|"
        "neither agree nor disagree/neutral/undecided|agree/somewhat agree|"
        "strongly agree/completely agree",
        "strongly disagree|disagree|somewhat disagree/slightly disagree|"
        "neither agree nor disagree/neutral|somewhat agree/slightly agree|agree|strongly agree",
        "stimme gar nicht zu/stimme überhaupt nicht zu|stimme eher nicht zu|"
        "stimme eher zu|stimme vollständig zu/stimme voll zu/stimme voll und ganz zu",
    ],
    "important": [
        "not at all important/not important/unimportant|slightly important/not very important|"
        "moderately important/somewhat important/neutral|very important/important|"
        "extremely important",
    ],
    "quality": [
        "poor/very poor|fair|good|very good|excellent",
        "very poor/very bad/terrible|poor/bad|fair/average/okay/neutral|good|very good/excellent",
    ],
    "often": ["never|rarely/seldom|sometimes/occasionally|often/usually|always/very often",
              "gar nicht/nie|selten|eher selten|eher häufig|häufig/sehr häufig"],
}  # fmt: skip

#: Brooke (1996); "system" stands for whatever is tested.
SUS_ITEMS = (
    "I think that I would like to use this system frequently",
    "I found the system unnecessarily complex",
    "I thought the system was easy to use",
    "I think that I would need the support of a technical person to be able to use this system",
    "I found the various functions in this system were well integrated",
    "I thought there was too much inconsistency in this system",
    "I would imagine that most people would learn to use this system very quickly",
    "I found the system very cumbersome to use",
    "I felt very confident using the system",
    "I needed to learn a lot of things before I could get going with this system",
)
#: Lewis, Utesch and Maher (2013).
UMUX_ITEMS = (
    "This system's capabilities meet my requirements",
    "This system is easy to use",
)
_TESTED = {"product", "website", "site", "app", "application", "software", "service", "tool",
           "device", "interface", "platform"}  # fmt: skip

#: Words of a question that tell what it measures, in the languages that the lab's users meet.
RECOMMEND = ("recommend", "weiterempfehl", "recomend", "recommand", "consigliere")
SATISFY = ("satisf", "zufrieden", "tevreden")
EFFORT = ("easy", "effort", "difficult", "ease of", "einfach", "aufwand", "leicht")
PERSON = ("gender", "sex", "age", "how old", "birth", "income", "education", "occupation",
          "country", "region", "state", "city", "zip", "postal", "employment", "marital",
          "household", "geschlecht", "alter", "bildung", "location",
          "population density")  # fmt: skip
PERSONAL = ("e-mail", "email", "phone number", "first name", "last name", "full name", "your name",
            "ip address", "ipaddress", "telephone", "postal address")  # fmt: skip


def ladder_of(answers: Iterable[str]) -> tuple[str, list[str]]:
    """Return what a scale in words measures and its labels from the lowest up, else ('', []).

    A level that nobody chose is named as survey tools name it.

    Examples
    --------
    >>> ladder_of(["Easy", "Very easy", "Difficult"])[1][0]
    'very difficult'
    """
    said = {clean_name(answer).casefold().rstrip(".:"): answer for answer in answers}
    best: tuple[int, str, list[str]] = (0, "", [])
    for kind, ladders in _LADDERS.items():
        for ladder in ladders:
            levels = [level.split("/") for level in ladder.split("|")]
            spelled = [[said[word] for word in level if word in said] for level in levels]
            found = sum(map(len, spelled))
            alone = all(len(words) <= 1 for words in spelled)
            if alone and found == len(said) >= 2 and found > best[0]:
                labels = [words[0] if words else level[0]
                          for words, level in zip(spelled, levels, strict=True)]  # fmt: skip
                best = (found, kind, labels)
    return best[1], best[2]


def standard_item(text: str) -> str:
    """Return the questionnaire that a statement belongs to: "sus", "umux", or "".

    Examples
    --------
    >>> standard_item("I found the website unnecessarily complex."), standard_item("I like tea")
    ('sus', '')
    """
    words = clean_name(text).casefold().rstrip(".").split()
    plain = " ".join("system" if word in _TESTED else word for word in words)
    plain = plain.removeprefix("the ").replace("system’s", "system's")
    likeness = {
        name: max(SequenceMatcher(None, plain, item.casefold()).ratio() for item in items)
        for name, items in (("sus", SUS_ITEMS), ("umux", UMUX_ITEMS))
    }
    best = max(likeness, key=likeness.__getitem__)
    return best if likeness[best] >= 0.88 else ""
