"""The programs that are compared: how each is built, and which versions it was built from."""
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benchmarks" / "peers"
BUILD = ROOT / "build" / "compare"


class Missing(Exception):
    """Something that a program is built from is not installed; the message says what to install."""


@dataclass(frozen=True)
class Program:
    name: str
    path: Path
    version: str


def build_weft(target="weft_compare"):
    folder = BUILD / "weft"
    need("cmake", "cmake")
    build(["cmake", "--preset", "release", "-B", folder, "-DWEFT_TESTS=OFF", "-DWEFT_EXAMPLES=OFF"])
    build(["cmake", "--build", folder, "--target", target])
    return Program("weft", next(folder.rglob(target)), f"{revision()}, {version(compiler())}")


def build_go(source="go"):
    need("go", "golang-go")
    program = BUILD / f"peer_{source}"
    build(["go", "build", "-o", program, "."], PEERS / source,
          GOCACHE=str(BUILD / "go-cache"), GOPROXY="off", GOTOOLCHAIN="local", GOFLAGS="")
    return Program("Go", program, version("go", "version").removeprefix("go version "))


def build_boost_fiber():
    if preprocessed("#include <boost/fiber/all.hpp>") is None:
        raise Missing("install libboost-fiber-dev (Debian 12: libboost-fiber1.81-dev)")
    program = BUILD / "peer_boost_fiber"
    build([compiler(), "-std=c++20", "-O3", "-DNDEBUG", *sorted((PEERS / "boost_fiber").glob("*.cpp")), "-o", program,
           "-lboost_fiber", "-lboost_context", "-pthread"])
    return Program("Boost.Fiber", program, f"Boost {boost_version()}, {version(compiler())}, -O3")


BUILDERS = {"weft": build_weft, "Go": build_go, "Boost.Fiber": build_boost_fiber}


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
    }


def install(*purposes):
    """Lets tools/lib/setup.sh, which says what it does, install what is missing for these purposes. False: it could not."""
    script = '. tools/lib/setup.sh && require "$@"'
    return subprocess.run(["bash", "-c", script, "benchmarks/compare", *purposes], cwd=ROOT).returncode == 0


def compiler():
    return os.environ.get("CXX", "c++")


def need(command, package):
    if shutil.which(command) is None:
        raise Missing(f"`{command}` is not installed; install {package}")


def build(command, folder=ROOT, **environment):
    """Runs a build step; its output is shown only when it fails."""
    BUILD.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(list(map(str, command)), cwd=folder, env=os.environ | environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit(f"{done.stdout}\nfailed: {' '.join(map(str, command))}")


def preprocessed(source):
    """What the preprocessor makes of it; None if an include is not found."""
    done = subprocess.run([compiler(), "-std=c++20", "-E", "-P", "-x", "c++", "-"], input=source, text=True,
                          capture_output=True)
    return done.stdout if done.returncode == 0 else None


def boost_version():
    number = int(preprocessed("#include <boost/version.hpp>\nBOOST_VERSION").split()[-1])
    return f"{number // 100000}.{number // 100 % 1000}.{number % 100}"


def version(*command):
    command = command if len(command) > 1 else (*command, "--version")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


def revision():
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip() or "unversioned"
