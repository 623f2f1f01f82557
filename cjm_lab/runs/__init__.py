"""Running the notebooks: steps, execution, manifest, pages, publishing."""
