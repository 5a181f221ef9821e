#!/usr/bin/env python3
"""Proves that the built site answers each row of docs/recipes.md within two clicks from its first page, and that no link leads to nothing.

Clicks are on what a page itself and the bar above it show; menus at its side do not count.
Usage: check_site.py HTML_FOLDER RECIPES.md
"""
import os
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Links(HTMLParser):
    """The links of a page: `all`, and those in its text and in the bar above, `shown`."""

    def __init__(self, text):
        super().__init__()
        self.all, self.shown, self.within = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "article" or tag == "nav" and "md-tabs" in (given.get("class") or ""):
            self.within += 1
        if tag == "a" and given.get("href"):
            self.all.append(given["href"])
            if self.within:
                self.shown.append(given["href"])

    def handle_endtag(self, tag):
        if tag in ("article", "nav") and self.within:
            self.within -= 1


def target_of(page, link):
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    return os.path.normpath(os.path.join(os.path.dirname(page), unquote(parts.path))) if parts.path else page


def main():
    html, recipes = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    files = {str(path) for path in html.rglob("*")}
    pages = {page: Links(Path(page).read_text()) for page in files if page.endswith(".html")}
    wrong = []
    for page, links in pages.items():
        for link in set(links.all):
            target = target_of(page, link)
            if target and target not in files and target != str(html) and not page.endswith("/404.html"):
                wrong.append(f"{os.path.relpath(page, html)}: {link} leads to nothing")

    first = str(html / "index.html")
    after_one = {target_of(first, link) for link in pages[first].shown}
    within_two = after_one | {target_of(page, link) for page in after_one if page in pages for link in pages[page].shown}
    rows = re.findall(r"^\| (?!I want|---)(.*?) \| (.*?) \|$", recipes.read_text(), re.MULTILINE)
    for task, answers in rows:
        named = [html / f"examples/{stem}.html" for stem in re.findall(r"`examples/(\w+)\.cpp`", answers)]
        named += [html / f"{stem}.html" for stem in re.findall(r"\]\((\w+)\.md\)", answers)]
        named += [html / f"reference/{path}.html" for path in re.findall(r"`include/coax/([\w/]+)\.hpp`", answers)]
        commands = re.findall(r"`coax (\w[\w-]*)", answers)
        if (html / "program").exists():  # made of the built program
            named += [html / f"program/{name}.html" for name in commands]
        if not named and not commands:
            wrong.append(f"recipes: '{task}' is answered by no page")
        wrong += [f"recipes: '{task}': {page.relative_to(html)} is more than two clicks away" for page in named if str(page) not in within_two]
    if len(rows) < 24:
        wrong.append(f"recipes: only {len(rows)} tasks were found")
    print("\n".join(wrong) or f"site: {len(rows)} tasks are answered within two clicks; all links of {len(pages)} pages lead somewhere")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
