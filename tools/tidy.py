#!/usr/bin/env python3
"""Runs clang-tidy on the source files that changed since the main branch; --all: on every one.

A header counts through the sources of its own folder that include it. Where git knows no base (a shallow
clone), every file counts as changed. --minutes bounds the time, newest files first; what was not reached
is said.
"""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import time

root = pathlib.Path(__file__).resolve().parent.parent


def git(*arguments):
    done = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else None


def changed_files():
    """Files that differ from where this branch left main; None where that can't be known."""
    here = git("rev-parse", "HEAD")
    for base in ("origin/main", "origin/master", "main"):
        fork = git("merge-base", "HEAD", base)
        if fork and fork != here:
            return set(git("diff", "--name-only", fork[0]) or [])
    last = git("diff", "--name-only", "HEAD~1")
    return None if last is None else set(last)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=0, help="stop starting files after this long (0: never)")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()

    database = root / arguments.build / "compile_commands.json"
    sources = sorted({str(pathlib.Path(entry["file"]).relative_to(root)) for entry in json.loads(database.read_text())})
    changed = None if arguments.all else changed_files()
    if changed is not None:
        headers = {f for f in changed if f.endswith(".h")}
        def touched(source):
            text = (root / source).read_text()
            return source in changed or any(f'"{h.removeprefix("src/")}"' in text for h in headers
                                            if pathlib.Path(h).parent == pathlib.Path(source).parent)
        sources = [s for s in sources if touched(s)]
    sources.sort(key=lambda s: -(root / s).stat().st_mtime)
    end = time.monotonic() + arguments.minutes * 60 if arguments.minutes else float("inf")

    def tidy(source):
        if time.monotonic() > end:
            return source, None
        return source, subprocess.run(["clang-tidy", "--quiet", "-p", database.parent, root / source],
                                      capture_output=True, text=True)

    wrong = skipped = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for source, done in pool.map(tidy, sources):
            if done is None:
                skipped += 1
            elif done.returncode != 0:
                wrong += 1
                print(f"{source}:\n{done.stdout}{done.stderr}")
    print(f"clang-tidy: {len(sources) - skipped} files checked, {wrong} with findings"
          + (f", {skipped} not reached in {arguments.minutes:g} minutes" if skipped else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
