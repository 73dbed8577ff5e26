#!/usr/bin/env bash
# The TLS examples talk to each other, to openssl and to curl, with certificates made here and now.
#
# Usage: tls_test.sh weft|s_client|s_server|curl PATH-OF-TLS_CLIENT PATH-OF-TLS_SERVER
set -uo pipefail

peer=$1
client=$(realpath "$2")
server=$(realpath "$3")

scratch=$(mktemp -d)
started=()
cleanup() {
    local pid
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null; done
    wait
    rm -rf "$scratch"
}
trap cleanup EXIT
cd "$scratch" || exit 1

failures=0
fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

# expect TEXT FILE...: one of the files has it.
expect() {
    local text=$1
    shift
    grep -qF -- "$text" "$@" && return
    fail "no \"$text\" in $*:"
    tail -n 12 "$@" >&2
}

# run STATUS COMMAND...: leaves its output in the files out and err.
run() {
    local expected=$1 status
    shift
    timeout 120 "$@" >out 2>err
    status=$?
    if [[ $status != "$expected" ]]; then
        fail "status $status, not $expected: $*"
        tail -n 12 out err >&2
    fi
}

# until_says TEXT FILE: waits until the file has it, or for two minutes.
until_says() {
    for ((i = 0; i != 2400; ++i)); do
        grep -qF -- "$1" "$2" 2>/dev/null && return
        sleep 0.05
    done
    fail "no \"$1\" in $2 in time: $(tail -n 12 "$2")"
    return 1
}

# make NAME SUBJECT ALT-NAME: NAME.pem and NAME.key, signed by the authority.
make() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$2" \
        -addext "subjectAltName=$3" 2>/dev/null &&
        openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -copy_extensions copy \
            -out "$1.pem" 2>/dev/null || fail "openssl makes no certificate"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 \
    -subj "/CN=weft interop root" 2>/dev/null || fail "openssl makes no authority"
make good weft.test DNS:weft.test,DNS:localhost,IP:127.0.0.1
make user shuttle DNS:shuttle.test

# start_server ARGUMENT...: sets `port`. It ends with its input, a pipe that this shell holds.
start_server() {
    rm -f port control
    mkfifo control
    : >port
    "$server" "$@" <control >port 2>server_log &
    started+=("$!")
    exec {input}>control
    until_says $'\n' port || {
        cat server_log >&2
        exit 1
    }
    port=$(cat port)
}
stop_server() {
    exec {input}>&-
    wait "${started[-1]}" || fail "tls_server ended with status $?"
    unset 'started[-1]'
}

with_weft() {
    local version
    for version in "" --tls12; do
        start_server good.pem good.key
        run 0 "$client" "127.0.0.1:$port" --trust ca.pem --times 2 $version
        expect "woven by weft, for GET / HTTP/1.0" out
        expect "new: CN=weft.test" err
        expect "resumed: CN=weft.test" err
        run 0 "$client" "localhost:$port" --trust ca.pem $version
        expect "CN=weft.test" err
        run 1 "$client" "127.0.0.1:$port" --host other.test --trust ca.pem $version
        expect "wanted other.test, the certificate is for weft.test, localhost, 127.0.0.1" err
        run 1 "$client" "127.0.0.1:$port" $version
        expect "unable to get local issuer certificate" err
        stop_server
    done
}

# Our server and openssl's client.
with_s_client() {
    local version
    for version in -tls1_3 -tls1_2; do
        start_server good.pem good.key
        local connect=(openssl s_client -connect "127.0.0.1:$port" -servername weft.test -verify_hostname weft.test
            -verify_return_error -CAfile ca.pem -alpn http/1.1 "$version")
        # -ign_eof: its input ends before the answer comes.
        run 0 "${connect[@]}" -ign_eof -sess_out session < <(printf 'GET / HTTP/1.0\r\n\r\n')
        expect "woven by weft" out
        expect "ALPN protocol: http/1.1" out
        expect "Verify return code: 0 (ok)" out
        expect "New, TLSv1" out
        run 0 "${connect[@]}" -ign_eof -sess_in session < <(printf 'GET / HTTP/1.0\r\n\r\n')
        expect "Reused, TLSv1" out
        expect "woven by weft" out

        # Lines, and a change of keys in between (K asks for the other side's, too).
        if [[ $version == -tls1_3 ]]; then
            : >out
            run 0 "${connect[@]}" < <(
                echo "before the new keys"
                until_says "before the new keys" out >&2
                echo K
                until_says KEYUPDATE err >&2
                echo "after the new keys"
                until_says "after the new keys" out >&2
                echo Q
            )
            expect "after the new keys" out
        fi
        stop_server
    done

    # Five connections more, each resumes; TLS 1.3's tickets would come too late for this option.
    start_server good.pem good.key --tls12
    run 0 openssl s_client -connect "127.0.0.1:$port" -CAfile ca.pem -reconnect </dev/null
    [[ $(grep -c '^Reused, TLSv1.2' out) == 5 ]] || fail "-reconnect resumed $(grep -c '^Reused' out) of 5 times"
    stop_server

    start_server good.pem good.key --clients ca.pem
    run 0 openssl s_client -connect "127.0.0.1:$port" -CAfile ca.pem -cert user.pem -key user.key -ign_eof \
        < <(printf 'GET / HTTP/1.0\r\n\r\n')
    expect "woven by weft" out
    run 1 openssl s_client -connect "127.0.0.1:$port" -CAfile ca.pem -ign_eof < <(printf 'GET / HTTP/1.0\r\n\r\n')
    expect "certificate required" err
    stop_server
    expect "peer did not return a certificate" server_log
}

# Our client and openssl's server.
with_s_server() {
    local version number
    for version in tls1_3 tls1_2; do
        # Linux gives no port for s_server to choose and tell; so some are tried.
        for ((i = 0; i != 20; ++i)); do
            number=$((20000 + RANDOM % 10000))
            openssl s_server -accept "127.0.0.1:$number" -cert good.pem -key good.key -"$version" -www -CAfile ca.pem \
                -Verify 1 -verify_return_error >s_server_log 2>&1 < <(tail -f /dev/null --pid=$$) &
            started+=("$!")
            for ((j = 0; j != 2400; ++j)); do
                grep -q ACCEPT s_server_log && break 2
                kill -0 "${started[-1]}" 2>/dev/null || break
                sleep 0.05
            done
        done
        run 0 "$client" "127.0.0.1:$number" --host weft.test --trust ca.pem --identity user.pem user.key --times 3
        expect "HTTP/1.0 200 ok" out
        expect "new: CN=weft.test" err
        [[ $(grep -c resumed err) == 2 ]] || fail "resumed $(grep -c resumed err) of 2 times with $version"
        run 1 "$client" "127.0.0.1:$number" --host weft.test --trust ca.pem
        expect "alert" err
        run 1 "$client" "127.0.0.1:$number" --host other.test --trust ca.pem --identity user.pem user.key
        expect "wanted other.test" err
        kill "${started[-1]}"
        wait "${started[-1]}" 2>/dev/null
        unset 'started[-1]'
    done
}

with_curl() {
    start_server good.pem good.key
    run 0 curl -sS --cacert ca.pem --resolve "weft.test:$port:127.0.0.1" "https://weft.test:$port/a/page"
    expect "woven by weft, for GET /a/page HTTP/1.1" out
    run 0 curl -sS --cacert ca.pem --tls-max 1.2 "https://127.0.0.1:$port/" "https://127.0.0.1:$port/again"
    expect "GET /again" out
    run 60 curl -sS "https://127.0.0.1:$port/"
    stop_server
}

"with_$peer"
echo "$peer: $failures failures"
exit "$((failures != 0))"
