"""The programs that are compared: how each is built, and which versions it was built from."""
import os
import platform
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "benchmarks" / "peers"
BUILD = ROOT / "build" / "compare"
CRATES = Path("/usr/share/cargo/registry")  # where Debian's packages put them


class Unavailable(Exception):
    """A program that cannot be built here; the message says why."""


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
        raise Unavailable("install libboost-fiber-dev (Debian 12: libboost-fiber1.81-dev)")
    program = BUILD / "peer_boost_fiber"
    build([compiler(), "-std=c++20", "-O3", "-DNDEBUG", *sorted((PEERS / "boost_fiber").glob("*.cpp")), "-o", program,
           "-lboost_fiber", "-lboost_context", "-pthread"])
    return Program("Boost.Fiber", program, f"Boost {boost_version()}, {version(compiler())}, -O3")


def build_tokio():
    return build_rust("tokio", ["tokio"])


def build_flume():
    return build_rust("flume", ["flume", "tokio"])


def build_rust(name, crates):
    """Uses no crate but those of the distribution. Builds a copy, because cargo writes beside the sources which versions it
    took, and those differ from system to system."""
    need("cargo", "cargo")
    for crate in crates:
        if not any(CRATES.glob(f"{crate}-[0-9]*")):
            raise Unavailable(f"{CRATES} has no {crate}; install librust-{crate}-dev")
    folder = BUILD / "rust"
    for package in ("tokio", "flume"):
        shutil.rmtree(folder / package, ignore_errors=True)
        shutil.copytree(PEERS / package, folder / package)
    build(["cargo", "build", "--release", "--offline",
           "--config", 'source.crates-io.replace-with="distribution"',
           "--config", f'source.distribution.directory="{CRATES}"'],
          folder / name, CARGO_TARGET_DIR=str(folder / "target"), RUSTFLAGS="")
    locked = (folder / name / "Cargo.lock").read_text()
    used = [f"{crate} " + re.search(rf'name = "{crate}"\nversion = "(.*)"', locked).group(1) for crate in crates]
    return Program(name, folder / "target" / "release" / f"peer_{name}", ", ".join([*used, version("rustc")]))


@dataclass(frozen=True)
class Peer:
    """`purpose` is what tools/lib/setup.sh installs for it."""
    name: str
    purpose: str
    build: Callable[[], Program]


PEERS_IN_ORDER = [
    Peer("Go", "go", build_go),
    Peer("Boost.Fiber", "fiber", build_boost_fiber),
    Peer("tokio", "tokio", build_tokio),
    Peer("flume", "flume", build_flume),
]


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30), 1),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
    }


def available_gib():
    """Memory that can be had without swapping."""
    kibibytes = re.search(r"^MemAvailable:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(kibibytes.group(1)) / (1 << 20) if kibibytes else 0


def install(*purposes):
    """Lets tools/lib/setup.sh, which says what it does, install what is missing for these purposes. False: it could not."""
    script = '. tools/lib/setup.sh && require "$@"'
    return subprocess.run(["bash", "-c", script, "benchmarks/compare", *purposes], cwd=ROOT).returncode == 0


def compiler():
    return os.environ.get("CXX", "c++")


def need(command, package):
    if shutil.which(command) is None:
        raise Unavailable(f"`{command}` is not installed; install {package}")


def build(command, folder=ROOT, **environment):
    """Runs a build step; what it said is kept only when it fails."""
    BUILD.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(list(map(str, command)), cwd=folder, env=os.environ | environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        log = BUILD / f"failed_{Path(command[0]).name}.log"
        log.write_text(f"{shlex.join(map(str, command))}\n{done.stdout}")
        raise Unavailable(f"`{command[0]}` failed, see {log.relative_to(ROOT)}")


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
