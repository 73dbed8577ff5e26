# shellcheck shell=bash disable=SC2034
# Sourced by tests that talk to an example which serves.

fail() {
    echo "$*" >&2
    exit 1
}

# expect <what> <expected> <actual>
expect() {
    [[ $3 == "$2" ]] || fail "$1: expected $(printf %q "$2"), got $(printf %q "$3")"
}

servers=()

# start <program> <argument>...: runs it until the test ends. It prints where it serves first, as SCHEME://HOST:PORT/ or HOST:PORT;
# host and port are set from that.
start() {
    local line address
    # A descriptor that stays open, so that the server never writes to a closed pipe.
    exec {output}< <(exec "$@")
    servers+=($!)
    read -r -t 120 line <&"$output" || fail "$1 did not start"
    address=${line##*//}
    address=${address%/}
    host=${address%:*}
    port=${address##*:}
    [[ $port =~ ^[0-9]+$ ]] || fail "$1 does not say where it serves: $line"
}

stop_servers() {
    local server
    for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done
}
trap stop_servers EXIT
