# shellcheck shell=bash
# Finds out what this machine lacks for building weft and installs it. Sourced by the commands in tools/.
#
# It looks for the commands and headers themselves, not for packages, so that whatever was installed by other means
# counts. Root is asked for only when something is missing, and never on a stdin that nobody can answer.

weft_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
weft_compiler=${CXX:-c++}

say() { echo "weft: $*" >&2; }

die() {
    say "$*"
    exit 1
}

# One thing per line: what it is for | how to see that it is there | the packages that bring it, the first known one wins.
weft_needs() {
    cat <<'TABLE'
build    | command c++                                      | g++
build    | command cmake                                    | cmake
build    | command ninja                                    | ninja-build
build    | header concurrentqueue/concurrentqueue.h concurrentqueue/moodycamel/concurrentqueue.h | libconcurrentqueue-dev
build    | header ares.h                                    | libc-ares-dev
build    | header liburing.h                                | liburing-dev
examples | header openssl/evp.h                             | libssl-dev
examples | header CLI/CLI.hpp                               | libcli11-dev
tests    | header catch2/catch.hpp catch2/catch_all.hpp     | catch2
tests    | command openssl                                  | openssl
tests    | command curl                                     | curl
tests    | path /usr/sbin/dnsmasq                           | dnsmasq-base
tests    | command pkg-config                               | pkg-config pkgconf
tests    | header boost/beast/version.hpp                   | libboost1.81-dev libboost-dev
tests    | command redis-benchmark                          | redis-tools
tests    | command socat                                    | socat
tests    | command nc                                       | netcat-openbsd
boost    | boost 107400                                     | libboost-context1.81-dev libboost-context-dev
bench    | header benchmark/benchmark.h                     | libbenchmark-dev
bench    | header openssl/ssl.h                             | libssl-dev
bench    | command openssl                                  | openssl
bench    | command python3                                  | python3
go       | command go                                       | golang-go
fiber    | header boost/fiber/all.hpp                       | libboost-fiber1.81-dev libboost-fiber-dev
tokio    | command cargo                                    | cargo
tokio    | crate tokio                                      | librust-tokio-dev
flume    | command cargo                                    | cargo
flume    | crate tokio                                      | librust-tokio-dev
flume    | crate flume                                      | librust-flume-dev
guide    | command go                                       | golang-go
guide    | path /usr/share/gocode/src/golang.org/x/sync     | golang-golang-x-sync-dev
gate     | command valgrind                                 | valgrind
gate     | header valgrind/callgrind.h                      | valgrind
gate     | command strace                                   | strace
gate     | command python3                                  | python3
check    | command clang++                                  | clang
check    | command clang-format                             | clang-format
check    | command clang-tidy                               | clang-tidy
check    | command shellcheck                               | shellcheck
check    | command python3                                  | python3
check    | command git                                      | git
check    | command python3                                  | python3
docs     | command doxygen                                  | doxygen
docs     | command python3                                  | python3
cache    | command ccache                                   | ccache
TABLE
}

is_there() {
    local kind=$1 name
    shift
    case $kind in
    command)
        [[ $1 == c++ ]] && set -- "$weft_compiler"
        command -v "$1" >/dev/null
        ;;
    header)
        for name; do
            "$weft_compiler" -x c++ -std=c++20 -E -include "$name" /dev/null >/dev/null 2>&1 && return
        done
        return 1
        ;;
    path) [[ -e $1 ]] ;;
    crate) compgen -G "/usr/share/cargo/registry/$1-[0-9]*" >/dev/null ;;
    boost)
        echo "static_assert(BOOST_VERSION >= $1);" | "$weft_compiler" -x c++ -std=c++20 -fsyntax-only \
            -include boost/version.hpp -include boost/context/detail/fcontext.hpp - >/dev/null 2>&1
        ;;
    esac
}

# The packages that bring what is missing for the given purposes, one per line.
missing_packages() {
    local purpose probe packages package
    while IFS='|' read -r purpose probe packages; do
        read -r purpose <<<"$purpose"
        [[ " $* " == *" $purpose "* ]] || continue
        read -ra probe <<<"$probe"
        is_there "${probe[@]}" && continue
        read -ra packages <<<"$packages"
        for package in "${packages[@]}"; do
            [[ -n $(apt-cache madison "$package" 2>/dev/null) ]] && break
        done
        echo "$package"
    done < <(weft_needs)
}

version_at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n1) == "$2" ]]; }

require_supported_machine() {
    [[ $(uname -s) == Linux ]] || die "this script prepares Linux machines only; elsewhere see CONTRIBUTING.md"
    case $(uname -m) in
    x86_64 | aarch64 | arm64) ;;
    *) die "this machine is $(uname -m); weft runs on x86-64 and arm64" ;;
    esac
}

require_recent_tools() {
    local version
    version=$(cmake --version | sed -n 's/^cmake version \([0-9.]*\).*/\1/p')
    version_at_least "$version" 3.25 || die "cmake $version is too old; weft needs 3.25 (Debian 12, Ubuntu 24.04 or later)"
    if [[ $("$weft_compiler" --version) == *clang* ]]; then
        version=$("$weft_compiler" -dumpversion)
        version_at_least "$version" 14 || die "clang $version is too old; weft needs clang 14 or g++ 12 (set CXX to choose)"
    else
        version=$("$weft_compiler" -dumpfullversion)
        version_at_least "$version" 12 || die "g++ $version is too old; weft needs g++ 12 or clang 14 (set CXX to choose)"
    fi
}

# require <purpose>...: returns when everything for these purposes is there.
require() {
    require_supported_machine
    local packages as_root=() log=$weft_root/build/setup.log
    mapfile -t packages < <(missing_packages "$@")
    if [[ ${#packages[@]} != 0 ]]; then
        command -v apt-get >/dev/null || die "please install: ${packages[*]} (there is no apt-get here to do it with)"
        if [[ $(id -u) != 0 ]]; then
            as_root=(sudo)
            if ! command -v sudo >/dev/null || { [[ ! -t 0 ]] && ! sudo -n true 2>/dev/null; }; then
                die "root is needed and cannot be asked for here; run as root: apt-get update && apt-get install ${packages[*]}"
            fi
        fi

        # A package list that cannot be refreshed is no reason to stop: what is needed may be known already. But only a
        # fresh list says which of two package names this system has.
        say "installing: ${packages[*]}"
        mkdir -p "$weft_root/build"
        "${as_root[@]}" apt-get update >"$log" 2>&1 </dev/null || say "apt-get update failed (see $log); going on"
        mapfile -t packages < <(missing_packages "$@")
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}" \
            >>"$log" 2>&1 </dev/null || die "apt-get could not install ${packages[*]}: $(grep '^E:' "$log" | tail -n1) (see $log)"

        mapfile -t packages < <(missing_packages "$@")
        [[ ${#packages[@]} == 0 ]] || die "installed, but still not found: what should come with ${packages[*]}"
    fi
    require_recent_tools
}

# quietly <what> <command>...: one line while it works, everything it said when it does not.
quietly() {
    local what=$1 log=$weft_root/build/${1// /_}.log
    shift
    mkdir -p "$weft_root/build"
    say "$what"
    if ! "$@" >"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        die "failed: $what"
    fi
}
