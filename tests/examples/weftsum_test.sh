#!/usr/bin/env bash
# Runs weftsum from end to end and compares it with sha256sum.
#
# Usage: weftsum_test.sh PATH-OF-WEFTSUM
set -uo pipefail

if [[ $# -ne 1 || ! -x $1 ]]; then
    echo "usage: $0 PATH-OF-WEFTSUM" >&2
    exit 2
fi

scratch=$(mktemp -d)
cleanup() {
    chmod -R u+rwx "$scratch"
    rm -rf "$scratch"
}
trap cleanup EXIT

# A copy, so that a user without access to the build folder can run it too.
weftsum=$scratch/weftsum
cp "$1" "$weftsum"
chmod 755 "$scratch" "$weftsum"
cd "$scratch" || exit 1

failures=0
checks=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# check NAME COMMAND...: the command must succeed.
check() {
    local name=$1
    shift
    checks=$((checks + 1))
    "$@" || fail "$name"
}

# run STATUS COMMAND...: the command must exit with STATUS. Leaves its output in the files out and err.
run() {
    local expected=$1
    shift
    checks=$((checks + 1))
    timeout 120 "$@" >out 2>err
    local status=$?
    if ((status != expected)); then
        fail "status $status, not $expected: $*"
        head -n 5 err >&2
    fi
}

# What weftsum promises to print for these paths.
reference() {
    find -H "$@" -type f -print0 2>/dev/null | LC_ALL=C sort -z | xargs -0 -r sha256sum -- 2>/dev/null
}

# In front of a command: root may read everything, so run as somebody else then.
as_user=()
((EUID == 0)) && as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups)

make_tree() {
    mkdir tree
    local directory file
    for directory in a a-b a0 a/x 'a/x y' a/x/deep/deeper/deepest empty .hidden; do
        mkdir -p "tree/$directory"
    done
    for ((directory = 0; directory != 60; ++directory)); do
        mkdir "tree/many$directory"
        for ((file = 0; file != 50; ++file)); do
            echo "$directory $file" >"tree/many$directory/file$file"
        done
    done
    for file in a/x/f a-b/f a0/f a/f a/x/deep/deeper/deepest/f '.hidden/f' \
        'blank name' ' leading' 'trailing ' -dash --check '*star' '#hash' '[a,b]' "quote'" 'tab'$'\t' \
        'new'$'\n''line' 'back\slash' 'back\nslash' 'carriage'$'\r' 'all\'$'\n\r''three' \
        'not'$'\xff\xfe''utf8' 'utf8-ä' '~' '$HOME' 'a/new'$'\n''line'; do
        printf '%s' "$file" >"tree/$file"
    done
    : >tree/nothing
    head -c 3000000 /dev/urandom >tree/big
    head -c 524288 /dev/urandom >tree/one_buffer
    head -c 524289 /dev/urandom >tree/one_buffer_and_a_byte
    ln -s a-b/f tree/link_to_file
    ln -s a tree/link_to_directory
    ln -s nowhere tree/dangling_link
    ln -s .. tree/a/loop
    mkfifo tree/fifo
}

test_sums() {
    local jobs
    reference tree >expected
    for jobs in 1 2 3 16 200; do
        run 0 "$weftsum" -j "$jobs" tree
        check "-j $jobs prints what sha256sum prints" cmp out expected
        check "-j $jobs says nothing else" test ! -s err
    done
    check "sha256sum -c accepts the output" sha256sum --quiet -c expected

    # Roots: several, unsorted, overlapping, repeated, with slashes, links, files.
    local -a paths
    for paths in 'tree/a0 tree/a-b tree/a' 'tree tree/a tree/a/x' 'tree/a tree/a' 'tree/ ./tree/a//' 'tree/many7/file1 tree/many7' \
        'tree/link_to_file tree/link_to_directory' 'tree/empty' "$scratch/tree/a"; do
        read -ra paths <<<"$paths"
        reference "${paths[@]}" >expected
        run 0 "$weftsum" "${paths[@]}"
        check "the order of: ${paths[*]}" cmp out expected
    done

    cd tree || return
    find . -maxdepth 1 -type f -printf '%P\0' | LC_ALL=C sort -z >../names
    xargs -0 sha256sum -- <../names >../expected
    checks=$((checks + 1))
    xargs -0 "$weftsum" -- <../names >../out || fail "odd names on the command line"
    cd ..
    check "odd names on the command line are printed as sha256sum prints them" cmp out expected
}

test_trouble() {
    reference tree >expected
    run 1 "$weftsum" missing tree missing/too
    check "what can be read is printed beside what cannot" cmp out expected
    check "a missing file gets a line" grep -q '^weftsum: missing: No such file or directory$' err
    check "a second missing file gets a line" grep -q '^weftsum: missing/too: No such file or directory$' err
    run 1 "$weftsum" tree/fifo
    check "a fifo is refused" grep -q '^weftsum: tree/fifo: Not a regular file or directory$' err
    run 1 "$weftsum" tree/nothing/
    run 1 "$weftsum" $'no\nsuch\e[31mfile'
    check "a name cannot command the terminal" test "$(wc -l <err)" = 1 -a -z "$(tr -d '[:print:]\n' <err)"

    mkdir -p locked/closed locked/listable
    echo 1 >locked/a
    echo 2 >locked/b
    echo 3 >locked/closed/c
    echo 4 >locked/listable/d
    echo 5 >locked/z
    chmod 0 locked/b locked/closed
    chmod 744 locked/listable
    ((EUID == 0)) || chmod 444 locked/listable
    run 1 "${as_user[@]}" "$weftsum" locked
    sha256sum locked/a locked/z >expected
    check "what lies around unreadable files is printed" cmp out expected
    local path
    for path in locked/b locked/closed locked/listable/d; do
        check "$path gets a line" grep -qx "weftsum: $path: Permission denied" err
    done
    check "and nothing else does" test "$(wc -l <err)" = 3

    run 1 sh -c 'exec "$1" tree >/dev/full' sh "$weftsum"
    check "a full disk is reported" grep -q '^weftsum: standard output: No space left on device$' err
    run 1 bash -c '"$1" -j 2 tree tree | head -n 1 >head; exit "${PIPESTATUS[0]}"' bash "$weftsum"
    check "a closed pipe is reported" grep -q '^weftsum: standard output: Broken pipe$' err
}

# In verdicts, weftsum escapes names as sha256sum of coreutils 9.1 does: only if they contain a newline. Later ones also escape
# names with a backslash or a carriage return; these lines cannot be compared with them.
comparable() {
    if [[ $(sha256sum 'tree/back\slash' | sha256sum -c) == \\* ]]; then
        LC_ALL=C grep -av '[\\[:cntrl:]]' "$1"
    else
        cat "$1"
    fi
}

# same_check LIST: weftsum --check does what sha256sum -c does.
same_check() {
    sha256sum -c "$1" >expected 2>expected_err
    run $? "$weftsum" --check "$1"
    check "verdicts on $1" cmp <(comparable out) <(comparable expected)
    # sha256sum tells of each problem as it goes, and quotes control characters in another way; the warnings are the same.
    check "warnings on $1" cmp <(grep WARNING err) <(sed -n 's/^[^:]*sha256sum: WARNING/weftsum: WARNING/p' expected_err)
}

test_check() {
    reference tree >good
    same_check good
    check "all are OK" test "$(grep -c ': OK$' out)" = "$(wc -l <good)"

    local digest
    digest=$(sha256sum <tree/a/f | cut -d ' ' -f 1)
    sed '5s/^\\\?...../00000/; 9s/^\\\?...../11111/' good >corrupted
    same_check corrupted
    { cat good; echo "$digest  gone"; echo "$digest  gone too"; echo 'what is this?'; } >troubled
    same_check troubled
    { echo 'what is this?'; echo 'and this?'; echo "$digest  tree/a/f"; echo "$digest  tree/big"; } >malformed
    same_check malformed
    printf '# comment\r\n\n%s *tree/a/f\r\n\n  %s\ttree/a/f\n' "$digest" "${digest^^}" >variants
    same_check variants
    sed '$s/..$//' variants >cut_off
    same_check cut_off
    printf '%s tree/a/f\n%s tree/a0/f\n' "$digest" "$digest" >reversed_bsd
    same_check reversed_bsd
    printf '%s  tree/a/f\n%s tree/a/f\n' "$digest" "$digest" >mixed_forms
    same_check mixed_forms
    sha256sum --tag tree/a/f 'tree/back\slash' tree/new$'\n'line >tagged
    same_check tagged
    printf '\\%s  tree/a/\\q\n\\%s  tree/a/f\\\n' "$digest" "$digest" >bad_escapes
    same_check bad_escapes
    printf '%s  tree\n%s  tree/fifo\n' "$digest" "$digest" >directory_and_fifo
    run 1 "$weftsum" --check directory_and_fifo
    check "a directory and a fifo fail" test "$(grep -c FAILED out)" = 2
    : >empty
    same_check empty
    same_check missing_list
    same_check tree

    "$weftsum" --check - <good >out || fail "a list on standard input"
    check "a list on standard input is read" test "$(wc -l <out)" = "$(wc -l <good)"

    run 0 "$weftsum" --check good tree/a tree/many3/
    check "PATHs restrict a list" test "$(grep -c '^\\\?tree/\(a\|many3\)/.*OK$' out)" = "$(wc -l <out)" -a -s out
    run 1 "$weftsum" --check good tree/a tree/no_such
    check "a PATH that is not listed is told" grep -q '^weftsum: tree/no_such: not in good$' err
}

test_usage() {
    local arguments
    for arguments in '' '-x tree' '--unknown tree' '-j 0 tree' '-j -3 tree' '-j many tree' '-j 1.5 tree' '-j 100000 tree' \
        '-j 99999999999999999999 tree' '-j' '--check' '--check good --check good' '--stats=5 tree'; do
        # shellcheck disable=SC2086  # split on purpose
        run 2 "$weftsum" $arguments
        check "usage for: $arguments" grep -q '^Usage: weftsum' err
        check "nothing on standard output for: $arguments" test ! -s out
    done
    run 0 "$weftsum" --help
    check "help is on standard output" grep -q '^Usage: weftsum' out
    run 0 "$weftsum" --stats tree
    for arguments in files bytes seconds rate fibers 'peak memory'; do
        check "statistics: $arguments" grep -q "^$arguments  *[0-9]" err
    done
}

# interrupt SIGNAL STATUS: stops weftsum while it reads a large file, after it has printed a small one.
interrupt() {
    checks=$((checks + 1))
    rm -f out
    "$weftsum" slow >out 2>err &
    local running=$!
    until [[ -s out ]] || ! kill -0 "$running"; do sleep 0.05; done
    kill "-$1" "$running"
    wait "$running"
    local status=$?
    ((status == $2)) || fail "status $status after $1, not $2"
    check "$1: tells how far it got" grep -q '^weftsum: interrupted after 1 files, 6 B' err
    sha256sum slow/a >expected
    check "$1: what was printed is whole" cmp out expected
}

test_interrupts() {
    mkdir slow
    echo small >slow/a
    truncate -s 500G slow/b # a hole: takes minutes to read and no room
    interrupt INT 130
    interrupt TERM 143
    rm -r slow
}

test_progress() {
    command -v script >/dev/null || return
    mkdir watched
    truncate -s 2G watched/hole
    checks=$((checks + 1))
    script -qec "'$weftsum' watched" /dev/null </dev/null >out || fail "status on a terminal"
    check "progress is shown on a terminal" grep -q '0 files, .*B/s' out
    rm -r watched
}

make_tree
test_sums
test_trouble
test_check
test_usage
test_interrupts
test_progress

if ((failures != 0)); then
    echo "$failures of $checks checks failed" >&2
    exit 1
fi
echo "all $checks checks passed"
