#!/usr/bin/env python3
"""What doxygen reads instead of a file: the same, in its own terms. Lines keep their numbers.

In a header, the labelled lines of a comment ("Blocks: ...") become paragraphs with that title. In a page, headings get the
names under which links of any page refer to them, as GitHub makes them, and README.md becomes the main page.
"""

import pathlib
import re
import sys

LABELLED = re.compile(r"^( *///) (Blocks|Thread safety|Errors|Units|Source): ", re.MULTILINE)
HEADING = re.compile(r"^(#+) (.*)$", re.MULTILINE)
PAGES = ["README.md", "CONTRIBUTING.md", "benchmarks/README.md", *sorted(map(str, pathlib.Path("docs").glob("**/*.md")))]


def anchor(heading):
    text = re.sub(r"[^\w\- ]", "", heading.lower())
    return text.strip().replace(" ", "-")


def linked_anchors():
    names = set()
    for page in map(pathlib.Path, PAGES):
        if page.exists():
            names.update(re.findall(r"\]\([^)\s]*#([^)\s]+)\)", page.read_text(encoding="utf-8")))
    return names


def filter_page(path, text):
    names = linked_anchors()
    is_main = path == pathlib.Path("README.md")

    def name_heading(match):
        nonlocal is_main
        marks, heading = match.groups()
        if is_main:
            is_main = False
            return f"{marks} {heading} {{#mainpage}}"
        name = anchor(heading)
        return f"{marks} {heading} {{#{name}}}" if name in names else match.group(0)

    return HEADING.sub(name_heading, text)


def main():
    path = pathlib.Path(sys.argv[1])
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        try:
            path = path.resolve().relative_to(pathlib.Path.cwd())
        except ValueError:
            pass
        text = filter_page(path, text)
    else:
        text = LABELLED.sub(r"\1 @labelled{\2} ", text)
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
