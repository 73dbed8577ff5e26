#!/usr/bin/env bash
# nc and socat against the echo server, the proxy and the chat.
#
# Usage: sockets_test.sh ECHO PROXY CHAT
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=server.sh
. "$(dirname "$0")/server.sh"

scratch=$(mktemp -d)
trap 'stop_servers; rm -rf "$scratch"' EXIT
head -c 3000000 /dev/urandom >"$scratch/sent"

# Everything that is sent comes back, also after the client has ended its direction.
for address in 127.0.0.1:0 '[::1]:0'; do
    start "$1" "$address"
    bare=${host//[\[\]]/}
    expect "nc to echo at $address" "warp and weft" "$(echo "warp and weft" | timeout 120 nc -N "$bare" "$port")"
    timeout 120 nc -N "$bare" "$port" <"$scratch/sent" >"$scratch/received"
    cmp "$scratch/sent" "$scratch/received" || fail "nc to echo at $address: other bytes came back"
    timeout 120 socat -t 120 - "TCP:$host:$port" <"$scratch/sent" >"$scratch/received"
    cmp "$scratch/sent" "$scratch/received" || fail "socat to echo at $address: other bytes came back"
done

# The same through the proxy, several at once; then to a target that is not there.
start "$1" 127.0.0.1:0
start "$2" 127.0.0.1:0 "$host:$port"
clients=()
for i in 1 2 3 4; do
    timeout 120 nc -N "$host" "$port" <"$scratch/sent" >"$scratch/received $i" &
    clients+=($!)
done
for i in 1 2 3 4; do
    wait "${clients[i - 1]}" || fail "nc through the proxy: status $?"
    cmp "$scratch/sent" "$scratch/received $i" || fail "nc through the proxy: other bytes came back"
done
timeout 120 socat -t 120 - "TCP:$host:$port" <"$scratch/sent" >"$scratch/received"
cmp "$scratch/sent" "$scratch/received" || fail "socat through the proxy: other bytes came back"
start "$2" 127.0.0.1:0 127.0.0.1:1 2>/dev/null
expect "through the proxy to nobody" "" "$(echo lost | timeout 120 nc -N "$host" "$port")"

# Two who chat: bob hears ann, who waits until he is there.
start "$3" 127.0.0.1:0
mkfifo "$scratch/bob says"
timeout 120 nc "$host" "$port" <"$scratch/bob says" >"$scratch/bob hears" &
bob=$!
exec {bob_says}>"$scratch/bob says"
echo bob >&"$bob_says"
until grep -q welcome "$scratch/bob hears"; do
    kill -0 $bob || fail "bob was not let in"
    sleep 0.05
done
expect "what ann hears" "your name?
* welcome, ann" "$(printf 'ann\nhello\n' | timeout 120 nc -N "$host" "$port")"
until grep -q left "$scratch/bob hears"; do
    kill -0 $bob || fail "bob was thrown out"
    sleep 0.05
done
exec {bob_says}>&-
expect "what bob hears" "your name?
* welcome, bob
* ann has entered
[ann] hello
* ann has left" "$(cat "$scratch/bob hears")"
