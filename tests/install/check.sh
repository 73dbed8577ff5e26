#!/usr/bin/env bash
# Builds and runs one consumer project against the installed copy in $PREFIX. The settings come from CMakeLists.txt.
set -euo pipefail

kind=$1
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$WORK_DIR"
mkdir -p "$WORK_DIR"

fail() {
    echo "install: $*" >&2
    exit 1
}

cmake_consumer() {
    "$CMAKE" -S "$here/$kind" -B "$WORK_DIR" -G "$GENERATOR" -DCMAKE_BUILD_TYPE=Debug \
        -DCMAKE_CXX_COMPILER="$CXX" -DCMAKE_CXX_COMPILER_LAUNCHER="$CXX_LAUNCHER" "$@"
    "$CMAKE" --build "$WORK_DIR" --target consumer
    "$WORK_DIR/consumer"
}

case $kind in
headers)
    # Nothing private and no dependency's header is installed, and each public header is.
    public=$(cd "$SOURCE_DIR" && find fibers sched channels io -path '*/include/*' -name '*.hpp' -printf '%P\n' | sort)
    [[ $WITH_TLS == TRUE ]] || public=$(grep -v '^tls/' <<<"$public")
    installed=$(cd "$PREFIX/include" && find . -type f -printf '%P\n' | sort)
    diff <(sed 's|^.*include/||' <<<"$public" | sort) - <<<"$installed" || fail "installed headers differ from the public ones"
    cd "$PREFIX"
    if grep -rlE 'concurrentqueue|weft_warnings' "$LIBDIR/cmake/weft" "$LIBDIR/pkgconfig" include; then
        fail "the files above leak what is private to the build"
    fi
    ;;
find_package)
    cmake_consumer -DCMAKE_PREFIX_PATH="$PREFIX"
    ;;
tls)
    cmake_consumer -DCMAKE_PREFIX_PATH="$PREFIX"
    if [[ -n $PKG_CONFIG ]]; then
        export PKG_CONFIG_PATH="$PREFIX/$LIBDIR/pkgconfig"
        read -ra flags <<<"$("$PKG_CONFIG" --cflags --libs weft-tls)"
        "$CXX" -std=c++20 "$here/tls/consumer.cpp" -o "$WORK_DIR/by_pkg_config" "${flags[@]}"
        "$WORK_DIR/by_pkg_config"
    fi
    ;;
add_subdirectory)
    cmake_consumer -DWEFT_SOURCE_DIR="$SOURCE_DIR"
    ;;
pkg_config)
    # Moved first: an installed tree must not know where it was built.
    cp -R "$PREFIX" "$WORK_DIR/moved"
    export PKG_CONFIG_PATH="$WORK_DIR/moved/$LIBDIR/pkgconfig"
    read -ra flags <<<"$("$PKG_CONFIG" --cflags --libs weft)"
    "$CXX" -std=c++20 "$here/consumer.cpp" -o "$WORK_DIR/consumer" "${flags[@]}"
    "$WORK_DIR/consumer"
    ;;
*)
    fail "unknown kind of consumer: $kind"
    ;;
esac
