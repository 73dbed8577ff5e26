#!/usr/bin/env bash
# Starts dnsmasq on a port of 127.0.0.1 and compares what weft's client gets from it.
#   dnsmasq.sh DNSMASQ CLIENT
set -euo pipefail

dnsmasq=$1
client=$2
log=$(mktemp)
server=
failures=0

stop() {
    if [[ -n $server ]]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -f "$log"
}
trap stop EXIT

start_on() {
    "$dnsmasq" --keep-in-foreground --conf-file=/dev/null --pid-file= --user="$(id -un)" --log-facility="$log" \
        --port="$1" --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts --local=/test/ \
        --host-record=host.test,127.0.0.1,2001:db8::5 --host-record=four.test,127.0.0.9 \
        --host-record=dial.test,127.0.0.1 --cname=alias.test,host.test \
        --mx-host=mail.test,second.test,20 --mx-host=mail.test,first.test,10 \
        --srv-host=_http._tcp.test,host.test,8080,1,7 --txt-record=text.test,"one text" \
        --ptr-record=8.0.0.127.in-addr.arpa,eight.test &
    server=$!
    # Up, or gone because the port is taken.
    for _ in $(seq 1000); do
        "$client" "127.0.0.1:$1" addresses four.test >/dev/null && return
        kill -0 "$server" 2>/dev/null || break
        sleep 0.05
    done
    kill "$server" 2>/dev/null || true
    wait "$server" || true
    server=
    return 1
}

expect() {
    local kind=$1 name=$2 expected=$3 got
    got=$("$client" "127.0.0.1:$port" "$kind" "$name") || true
    if [[ $got != "$expected" ]]; then
        printf '%s %s:\n%s\ninstead of\n%s\n' "$kind" "$name" "$got" "$expected"
        failures=$((failures + 1))
    fi
}

port=
for _ in $(seq 20); do
    port=$((20000 + RANDOM % 30000))
    start_on "$port" && break
done
if [[ -z $server ]]; then
    cat "$log"
    echo "dnsmasq does not start"
    exit 1
fi

expect addresses host.test $'127.0.0.1:0\n[2001:db8::5]:0'
expect addresses four.test '127.0.0.9:0'
expect addresses alias.test $'127.0.0.1:0\n[2001:db8::5]:0'
expect addresses nowhere.test 'host not found'
expect addresses text.test 'the name has no such data'
expect addresses outside.example 'the DNS servers refuse to answer'
expect cname alias.test 'host.test'
expect mx mail.test $'10 first.test\n20 second.test'
expect srv _http._tcp.test '1 7 8080 host.test'
expect txt text.test 'one text'
expect names 127.0.0.8:0 'eight.test'
expect dial dial.test 'connected'
[[ $failures == 0 ]]
