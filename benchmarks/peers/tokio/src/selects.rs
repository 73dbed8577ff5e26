use tokio::sync::mpsc;

pub async fn select_parked(messages: u64) -> u64 {
    let (send_a, mut a) = mpsc::channel(1);
    let (send_b, mut b) = mpsc::channel(1);
    tokio::spawn(async move {
        for i in (0..messages).step_by(2) {
            send_a.send(i).await.unwrap();
            send_b.send(i + 1).await.unwrap();
        }
    });
    let mut sum = 0;
    for _ in 0..messages {
        tokio::select! {
            Some(value) = a.recv() => sum += value,
            Some(value) = b.recv() => sum += value,
        }
    }
    sum
}

pub async fn select_ready(messages: u64) -> u64 {
    let (sender, mut ready) = mpsc::channel(1);
    let (_open, mut never) = mpsc::channel::<u64>(1);
    let mut sum = 0u64;
    for i in 0..messages {
        sender.send(i).await.unwrap();
        tokio::select! {
            Some(value) = ready.recv() => sum += value,
            Some(value) = never.recv() => sum -= value,
        }
    }
    sum
}

/// tokio's select has no default branch. Who has one channel asks it without waiting.
pub async fn select_default(attempts: u64) -> u64 {
    let (_open, mut empty) = mpsc::channel::<u64>(1);
    let mut misses = 0;
    for _ in 0..attempts {
        match empty.try_recv() {
            Ok(_) => {}
            Err(_) => misses += 1,
        }
    }
    misses
}
