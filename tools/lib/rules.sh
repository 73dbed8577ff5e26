# shellcheck shell=bash
# The rules of tools/check. Each is a function rule_<name> that prints one line for each place that breaks it.
# They look at the current folder, keep scratch files in $work and read the compilation database $database.
# shellcheck disable=SC2034,SC2154  # tools/check reads rules and about, and sets work, database and full

rules=(format lines markers whitespace headers includes banned dead shell guide conformance docs umbrella tidy)
declare -A about=(
    [format]="C++ is formatted as .clang-format says (tools/check --fix does it)"
    [lines]="a file has at most 600 lines, better 400; a line at most 132 characters"
    [markers]="no notes to a later self: what is not done is not there"
    [whitespace]="no tabs in C++, no trailing blanks, a newline at the end"
    [headers]="every header starts with #pragma once, below its opening comment"
    [includes]="public headers stay light, and no folder reaches into another"
    [banned]="calls that have a better replacement here"
    [dead]="every source file is built and every header included"
    [shell]="scripts are shellcheck clean"
    [guide]="docs/from-go.md shows the programs of examples/from_go"
    [conformance]="every item of the specification has a test, and docs/CONFORMANCE.md says which (tools/conformance makes it)"
    [docs]="every public name has a comment, and no link in the documentation leads nowhere (only with --full)"
    [umbrella]="<weft/weft.hpp> costs at most 1.0 s per translation unit at -O0"
    [tidy]="clang-tidy has nothing to say"
)

# What git would take from this folder; outside a repository, every file.
tracked_files() {
    if [[ -e .git ]]; then
        git ls-files --cached --others --exclude-standard
    else
        find . -type f | sed 's|^\./||'
    fi | while IFS= read -r file; do [[ -f $file ]] && echo "$file"; done
}
cpp_files() { tracked_files | grep -E '\.(cpp|hpp)$'; }
public_headers() { tracked_files | grep -E '^[a-z]+(/[a-z]+)?/include/weft/.*\.hpp$'; }
script_files() {
    tracked_files | while IFS= read -r file; do
        head -n 1 "$file" | grep -qaE '^#!.*\b(ba)?sh$|^# shellcheck shell' && echo "$file"
    done
}
text_files() { tracked_files | grep -E '(\.(cpp|hpp|sh|cmake|md|json|in|txt|go|rs|toml|py)|^[^.]*|/\.?[^.]*)$'; }

rule_format() {
    cpp_files | xargs -d '\n' -r clang-format --dry-run -Werror 2>&1 | grep -E 'error:|rror reading' || true
}

rule_lines() {
    local file count
    while IFS= read -r file; do
        count=$(wc -l <"$file")
        if [[ $count -gt 600 ]]; then
            echo "$file:600: $count lines; split it by concept"
        elif [[ $count -gt 400 ]]; then
            say "$file: $count lines; above 400 a file should have a reason"
        fi
        awk -v file="$file" 'length > 132 { print file ":" NR ": " length " characters" }' "$file"
    done < <(tracked_files | grep -E '\.(cpp|hpp|sh|cmake|txt|py)$|^tools/')
}

rule_markers() {
    # Written in two halves, or this file would break its own rule.
    text_files | xargs -d '\n' -r grep -nHE "\b(TO""DO|FIX""ME|X""XX|HA""CK)\b" || true
}

rule_whitespace() {
    local file
    text_files | xargs -d '\n' -r grep -nHE '[[:blank:]]+$' || true
    cpp_files | xargs -d '\n' -r grep -nHP '\t' || true
    while IFS= read -r file; do
        [[ -s $file && -n $(tail -c 1 "$file") ]] && echo "$file: no newline at the end"
    done < <(text_files)
    return 0
}

rule_headers() {
    local file
    while IFS= read -r file; do
        awk '!/^[[:space:]]*(\/\/.*)?$/ { found = /^#pragma once/; exit } END { exit !found }' "$file" ||
            echo "$file:1: no #pragma once"
    done < <(cpp_files | grep '\.hpp$')
}

rule_includes() {
    local heavy='ranges|functional|iostream|regex|boost/|.*concurrentqueue|openssl/|CLI/'
    # Whoever includes <weft/asio.hpp> has come for Boost.
    public_headers | { grep -v '^io/asio/' || true; } | xargs -d '\n' -r grep -nHE "#include <($heavy)" || true
    public_headers | xargs -d '\n' -r grep -nHE '#include "' || true
    cpp_files | grep -E '^(fibers|sched|channels|io)/' | xargs -d '\n' -r grep -nHE '#include "([^"]*/|[^"]*\.cpp)' || true
}

# Where | what (Perl's regular expressions, comments already removed) | what to use instead | a line that breaks it.
# A line that needs one of these all the same says so: // NOLINT(banned): why, or NOLINTNEXTLINE(banned) above it.
banned_calls() {
    cat <<'TABLE'
tests/ | std::this_thread::sleep_|\b(u|nano)sleep *\( | a channel, or the test clock | f([] { std::this_thread::sleep_for(1s); });
(fibers|sched|channels|io)/ | std::this_thread::sleep_|\b(u|nano)sleep *\( | a park with a deadline | void f() { usleep(5); }
.* | (?<!asm )\bvolatile\b(?! std::sig_atomic_t) | std::atomic | static volatile int x;
.* | \b(s?rand|rand_r) *\( | a seeded engine from <random> | int x = rand();
.* | \busing namespace std; | names one by one, or std::…_literals | using namespace std;
.* | \bstd::endl\b | '\n' | out << std::endl;
(fibers|sched|channels|io)/ | \bstd::(cout|cerr|clog)\b | std::fprintf(stderr, …) in a report | void f() { std::cerr << 1; }
.* | \b(strerror|gmtime|localtime|strtok|getenv_s) *\( | std::error_code::message, or the _r form | auto text = strerror(2);
.* | \b(gettimeofday *\(|std::time *\(|system_clock\b) | weft::clock | auto now = std::chrono::system_clock::now();
.* | \b(strcpy|strcat|sprintf|vsprintf|gets) *\( | the form that knows the size | void f() { sprintf(text, "x"); }
.* | \b(NULL|typedef)\b | nullptr, using | typedef int number;
.* | \bstd::(auto_ptr|bind|async)\b | unique_ptr, a lambda, weft::spawn | auto f = std::bind(g, 1);
TABLE
}

rule_banned() {
    local file where what instead
    rm -rf "$work/code"
    while IFS= read -r file; do
        mkdir -p "$work/code/$(dirname "$file")"
        sed -e '/NOLINTNEXTLINE(banned): ./{n;s/.*//}' -e '/NOLINT(banned): ./s/.*//' -e 's|//.*||' "$file" >"$work/code/$file"
    done < <(cpp_files | grep -v '^benchmarks/peers/')
    while IFS= read -r row; do
        where=${row%% | *}
        row=${row#* | }
        what=${row%% | *}
        instead=${row#* | }
        instead=${instead%% | *}
        { (cd "$work/code" && grep -rnP "$what" .) || true; } | sed "s~^\./~~; s~\$~   <- use $instead~" |
            { grep -E "^$where" || true; }
    done < <(banned_calls)
}

rule_dead() {
    local file name
    tracked_files | grep -E '(CMakeLists\.txt|\.cmake|\.sh)$|^tools/|^benchmarks/[a-z_]+$' | xargs -d '\n' -r cat >"$work/builders"
    cpp_files | xargs -d '\n' -r grep -hE '^ *#include' >"$work/includes"
    while IFS= read -r file; do
        name=$(basename "$file")
        case $file in
        *.hpp) grep -qE "[<\"/]${name}[>\"]" "$work/includes" || echo "$file:1: nobody includes it" ;;
        # The programs of other runtimes are built where those are installed, by benchmarks/compare.
        benchmarks/peers/*) ;;
        *) grep -qF "/$file\"" "$database" || grep -qF "$name" "$work/builders" || echo "$file:1: nothing builds it" ;;
        esac
    done < <(cpp_files)
}

rule_shell() {
    script_files | xargs -d '\n' -r shellcheck -x -S warning -f gcc || true
}

rule_guide() {
    "$weft_root/tools/from_go" --root . --check 2>&1 || true
}

rule_conformance() { "$weft_root/tools/conformance" --check --root . || true; }

rule_docs() { [[ $full == no ]] || "$weft_root/tools/docs" --check --root . 2>"$work/docs_log" || cat "$work/docs_log"; }

rule_umbrella() {
    local include compile times=() best=9 TIMEFORMAT='%U %S'
    compile=("$weft_compiler" -std=c++20 -O0 -c "$work/umbrella.cpp" -o "$work/umbrella.o")
    for include in */include; do compile+=(-I "$include"); done
    rm -f "$work/umbrella.o"
    printf '#include <weft/weft.hpp>\nint main() {}\n' >"$work/umbrella.cpp"
    # The least of several, in processor time: others on the machine can only add to it.
    while ((${#times[@]} < 9)) && awk -v best="$best" 'BEGIN { exit !(best > 1.0) }'; do
        times+=("$({ time "${compile[@]}" >/dev/null; } 2>&1 | tail -n 1)")
        best=$(printf '%s\n' "${times[@]}" | awk '{ print $1 + $2 }' | sort -n | head -n 1)
    done
    [[ -f $work/umbrella.o ]] || echo "io/include/weft/weft.hpp:1: does not compile alone"
    say "the umbrella header costs $best s"
    awk -v best="$best" 'BEGIN { if (best > 1.0) print "io/include/weft/weft.hpp:1: costs " best " s" }'
}

# The translation units that clang-tidy looks at: all of weft's own, or those touched by what differs from the main branch.
tidy_units() {
    local base name
    if [[ $full == yes ]] || ! base=$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD 2>/dev/null); then
        cpp_files
    else
        { git diff --name-only "$base" && git ls-files --others --exclude-standard; } | sed -nE '/\.(cpp|hpp)$/p' |
            while IFS= read -r file; do
                [[ -f $file ]] && echo "$file"
                name=$(basename "$file")
                [[ $name == *.cpp ]] || cpp_files | xargs -d '\n' grep -lE "#include [<\"](.*/)?${name}[>\"]" || true
            done
    fi | sed -n '/\.cpp$/p' | sort -u | while IFS= read -r file; do
        if grep -qF "/$file\"" "$database"; then echo "$file"; fi
    done
}

rule_tidy() {
    local found tidy=(clang-tidy -p "$(dirname "$database")" --quiet '--warnings-as-errors=*')
    found=$(tidy_units | xargs -d '\n' -r -n 1 -P "$(nproc)" "${tidy[@]}" 2>/dev/null) ||
        found=${found:-clang-tidy ended without a word}
    [[ -z $found ]] || printf '%s\n' "$found"
}
