use std::sync::Arc;
use tokio::sync::{mpsc, Mutex};

pub async fn ping_pong(round_trips: u64) -> u64 {
    let (ping, mut pinged) = mpsc::channel(1);
    let (pong, mut ponged) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(value) = pinged.recv().await {
            pong.send(value + 1).await.unwrap();
        }
    });
    let mut sum = 0;
    for i in 0..round_trips {
        ping.send(i).await.unwrap();
        sum += ponged.recv().await.unwrap();
    }
    drop(ping);
    assert_eq!(ponged.recv().await, None);
    sum
}

pub async fn fan_in(producers: u64, messages: u64) -> u64 {
    let (sender, mut receiver) = mpsc::channel(128);
    let share = messages / producers;
    for producer in 0..producers {
        let sender = sender.clone();
        tokio::spawn(async move {
            for i in producer * share..(producer + 1) * share {
                sender.send(i).await.unwrap();
            }
        });
    }
    drop(sender);
    let consumer = tokio::spawn(async move {
        let mut sum = 0;
        while let Some(value) = receiver.recv().await {
            sum += value;
        }
        sum
    });
    consumer.await.unwrap()
}

pub async fn mutex_contended(operations: u64) -> u64 {
    const CONTENDERS: u64 = 64;
    let counter = Arc::new(Mutex::new(0u64));
    let mut contenders = Vec::new();
    for _ in 0..CONTENDERS {
        let counter = counter.clone();
        contenders.push(tokio::spawn(async move {
            for _ in 0..operations / CONTENDERS {
                *counter.lock().await += 1;
            }
        }));
    }
    for contender in contenders {
        contender.await.unwrap();
    }
    let total = *counter.lock().await;
    total
}
