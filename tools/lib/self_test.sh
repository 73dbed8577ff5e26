# shellcheck shell=bash
# Shows that a rule can fail: on a small clean tree each rule is green, and red once a violation is put in.
# shellcheck disable=SC2034,SC2154  # shares its variables with tools/check

clean_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/io/include/weft" "$work/tree/tests/io" "$work/tree/build"
    cd "$work/tree" || exit
    cp "$weft_root/.clang-format" "$weft_root/.clang-tidy" .
    printf '/// Adds.\n#pragma once\n\nint add(int a, int b);\n' >io/include/weft/weft.hpp
    printf '#include <weft/weft.hpp>\n\nint add(int a, int b) { return a + b; }\n' >io/add.cpp
    printf '#include <weft/weft.hpp>\n\nint twice(int a);\nint twice(int a) { return add(a, a); }\n' >tests/io/add_test.cpp
    printf '\n#define TEST_CASE(name, tags) static_assert(sizeof(name tags) != 0)\n' >>tests/io/add_test.cpp
    printf 'TEST_CASE("adds", "[C1]");\n' >>tests/io/add_test.cpp
    printf '= Numbers\nC1 | sums\n' >tests/conformance_items.txt
    "$weft_root/tools/conformance" --root .
    printf '#!/usr/bin/env bash\necho "$1"\n' >run.sh
    write_database
}

write_database() {
    local file separator=''
    database=$work/tree/build/compile_commands.json
    {
        echo '['
        for file in io/add.cpp tests/io/add_test.cpp; do
            printf '%s{ "directory": "%s", "file": "%s/%s", "command": "clang++ -std=c++20 -Iio/include -c %s" }\n' \
                "$separator" "$work/tree" "$work/tree" "$file" "$file"
            separator=,
        done
        echo ']'
    } >"$database"
}

# expect <green|red> <rule> <what>
expect() {
    local found
    found=$("rule_$2" 2>/dev/null)
    if [[ $1 == red && -n $found ]] || [[ $1 == green && -z $found ]]; then
        echo "self-test: $2 is $1 with $3"
    else
        printf '%s\n' "self-test: $2 should be $1 with $3, but is not" "$found"
        self_test_status=1
    fi
}

# injects <rule> <what> <file>: appends stdin to the file of a clean tree, which must turn the rule red.
injects() {
    clean_tree
    mkdir -p "$(dirname "$3")"
    cat >>"$3"
    expect red "$1" "$2"
}

self_test() {
    local rule where example row
    self_test_status=0
    full=yes

    clean_tree
    for rule in "${rules[@]}"; do expect green "$rule" "a clean tree"; done

    injects format "a stray blank" io/add.cpp <<<'int  three();'
    injects lines "601 lines" io/add.cpp < <(printf '// line %s\n' {1..601})
    injects lines "a wide line" io/add.cpp < <(printf '// %0150d\n' 0)
    injects markers "a note to a later self" io/add.cpp <<<"// TO""DO"
    injects whitespace "trailing blanks" io/add.cpp <<<'int three();  '
    injects whitespace "no newline at the end" io/add.cpp < <(printf 'int three();')
    injects whitespace "a tab" io/add.cpp < <(printf '\tint three();\n')
    injects headers "no #pragma once" io/three.hpp <<<'int three();'
    injects includes "a heavy header" io/include/weft/weft.hpp <<<'#include <iostream>'
    injects includes "a dependency in a public header" io/include/weft/weft.hpp <<<'#include <boost/version.hpp>'
    injects includes "a private header in a public one" io/include/weft/weft.hpp <<<'#include "three.hpp"'
    injects includes "another folder's private header" io/add.cpp <<<'#include "../sched/worker.hpp"'
    injects dead "a source nobody builds" io/three.cpp <<<'int three() { return 3; }'
    injects dead "a header nobody includes" io/three.hpp <<<'#pragma once'
    injects shell "an unquoted variable" run.sh <<<'cd $2'
    injects guide "a program that is not in the guide" examples/from_go/lost.cpp <<<'int main() {}'
    injects conformance "an item that has no test" tests/conformance_items.txt <<<'C2 | products'
    injects conformance "a test of what is not built yet" tests/conformance_items.txt <<<'- C1 | there are no numbers'
    injects conformance "a test of no item" tests/io/add_test.cpp <<<'TEST_CASE("adds again", "[C3]");'
    injects conformance "a table that is not what the tool makes" docs/CONFORMANCE.md <<<'- one more test'
    injects docs "a public name without a comment" io/include/weft/weft.hpp \
        < <(printf '/// A number.\nstruct three {\n    int value();\n};\n')
    injects docs "a link to nowhere" README.md <<<'[more](#nowhere)'
    injects umbrella "150,000 functions" io/include/weft/weft.hpp < <(seq -f 'inline int f%.0f() { return 1; }' 150000)
    injects tidy "a comparison with itself" io/add.cpp <<<'bool is(int a); bool is(int a) { return a == a; }'

    while IFS= read -r row; do
        where=${row%% | *}
        example=${row##* | }
        [[ $where == tests/ ]] && where=tests/io/three.cpp || where=io/three.cpp
        injects banned "$example" "$where" <<<"$example"
    done < <(banned_calls)

    return "$self_test_status"
}
