use peer_tokio::crunch;
use std::future::Future;
use std::pin::Pin;
use tokio::sync::mpsc;
use tokio::task::{self, JoinHandle};

pub async fn yield_between_two(operations: u64) -> u64 {
    let yield_half = move || async move {
        let mut count = 0;
        while count < operations / 2 {
            task::yield_now().await;
            count += 1;
        }
        count
    };
    let first = tokio::spawn(yield_half());
    let second = tokio::spawn(yield_half());
    first.await.unwrap() + second.await.unwrap()
}

pub async fn spawn_and_join(operations: u64) -> u64 {
    let mut sum = 0;
    for i in 0..operations {
        sum += tokio::spawn(async move { i }).await.unwrap();
    }
    sum
}

pub async fn spawn_in_waves(operations: u64) -> u64 {
    const WAVE: u64 = 1_000;
    let mut tasks: Vec<JoinHandle<u64>> = Vec::with_capacity(WAVE as usize);
    let mut sum = 0;
    for first in (0..operations).step_by(WAVE as usize) {
        tasks.extend((first..first + WAVE).map(|i| tokio::spawn(async move { i })));
        for task in tasks.drain(..) {
            sum += task.await.unwrap();
        }
    }
    sum
}

pub async fn skynet(leaves: u64) -> u64 {
    let (sender, mut result) = mpsc::channel(1);
    spawn_skynet_node(sender, 0, leaves);
    result.recv().await.unwrap()
}

fn spawn_skynet_node(result: mpsc::Sender<u64>, number: u64, size: u64) {
    const BRANCHES: u64 = 10;
    tokio::spawn(async move {
        if size == 1 {
            result.send(number).await.unwrap();
            return;
        }
        let (sender, mut children) = mpsc::channel(BRANCHES as usize);
        for i in 0..BRANCHES {
            spawn_skynet_node(sender.clone(), number + i * (size / BRANCHES), size / BRANCHES);
        }
        let mut sum = 0;
        for _ in 0..BRANCHES {
            sum += children.recv().await.unwrap();
        }
        result.send(sum).await.unwrap();
    });
}

pub async fn fork_join(tasks: u64) -> u64 {
    fork_join_range(0, tasks).await
}

/// Boxed, because a future that contains itself has no size.
fn fork_join_range(first: u64, last: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if last - first == 1 {
            return crunch(first);
        }
        let middle = first + (last - first) / 2;
        let left = tokio::spawn(fork_join_range(first, middle));
        let right = fork_join_range(middle, last).await;
        left.await.unwrap().wrapping_add(right)
    })
}

pub async fn stealing(tasks: u64) -> u64 {
    let spawned: Vec<JoinHandle<u64>> = (0..tasks).map(|i| tokio::spawn(async move { crunch(i) })).collect();
    let mut sum = 0u64;
    for task in spawned {
        sum = sum.wrapping_add(task.await.unwrap());
    }
    sum
}
