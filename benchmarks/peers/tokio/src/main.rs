//! The workloads of benchmarks/compare, as a user of tokio would write them.
//!
//! tokio has neither unbuffered channels nor channels with several receivers. Where a value and an answer are exchanged, a
//! channel of 1 takes the place of an unbuffered one; the other workloads that need such channels are absent.
use peer_tokio::Request;

mod channels;
mod idle;
mod memory;
mod selects;
mod spawn;
mod tcp;
mod timers;

fn main() {
    let request = Request::from_command_line();
    peer_tokio::run(request.workers, measure(request));
}

async fn measure(request: Request) {
    match request.workload.as_str() {
        "yield" => request.measure(spawn::yield_between_two).await,
        "spawn_join" => request.measure(spawn::spawn_and_join).await,
        "spawn_waves" => request.measure(spawn::spawn_in_waves).await,
        "skynet" => request.measure(spawn::skynet).await,
        "fork_join" => request.measure(spawn::fork_join).await,
        "stealing" => request.measure(spawn::stealing).await,
        "chan_ping_pong" => request.measure(channels::ping_pong).await,
        "chan_buffered_1_1" => request.measure(|n| channels::fan_in(1, n)).await,
        "chan_buffered_8_1" => request.measure(|n| channels::fan_in(8, n)).await,
        "mutex_64" => request.measure(channels::mutex_contended).await,
        "select_parked" => request.measure(selects::select_parked).await,
        "select_ready" => request.measure(selects::select_ready).await,
        "select_default" => request.measure(selects::select_default).await,
        "sleep_1us" => request.measure(timers::sleep_microsecond).await,
        "timeout_ping_pong" => request.measure(timers::timeout_ping_pong).await,
        "tcp_echo_1" => request.measure(|n| tcp::echo(1, n)).await,
        "tcp_echo_64" => request.measure(|n| tcp::echo(64, n)).await,
        "parked_fibers" => memory::parked_tasks(request.operations).await,
        "idle_process" => idle::idle_process(request.operations).await,
        _ => request.absent(),
    }
}
