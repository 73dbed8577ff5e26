"""Builds the program that the gate measures, from this tree or from a copy of it."""
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "gate"
SOURCES = ["CMakeLists.txt", "CMakePresets.json", "cmake", "fibers", "sched", "channels", "io", "benchmarks"]


def install():
    """Lets tools/lib/setup.sh, which says what it does, install what is missing."""
    script = '. tools/lib/setup.sh && require build bench gate cache'
    if subprocess.run(["bash", "-c", script, "benchmarks/gate"], cwd=ROOT, stdin=subprocess.DEVNULL).returncode != 0:
        raise SystemExit("benchmarks/gate: it cannot go on without these")


def build(tree=ROOT):
    """A Release build of `tree`. Returns the path of the program."""
    folder = tree / "build" / "gate" / "weft"
    # Relative to its root each tree looks the same to ccache, so a copy compiles only what was changed in it.
    environment = os.environ | {"CCACHE_BASEDIR": str(tree), "CCACHE_NOHASHDIR": "1"}
    run(["cmake", "--preset", "release", "-B", folder, "-DWEFT_TESTS=OFF", "-DWEFT_EXAMPLES=OFF", "-DWEFT_VALGRIND=ON"],
        tree, environment)
    run(["cmake", "--build", folder, "--target", "weft_gate", "--parallel", str(len(os.sched_getaffinity(0)))],
        tree, environment)
    return folder / "benchmarks" / "weft_gate"


def run(command, folder, environment):
    """A build step; its output is shown only when it fails."""
    done = subprocess.run(list(map(str, command)), cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}\nfailed: {' '.join(map(str, command))}")


def copy_of_tree():
    """A fresh copy of what the program is built from. Fresh also in what was built there: a file that is put back as it was
    looks older than the object that was compiled from another version of it."""
    copy = WORK / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for name in SOURCES:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy2)(ROOT / name, copy / name)
    return copy
