use std::io::Result;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const MESSAGE_BYTES: usize = 64;

pub async fn echo(connections: u64, round_trips: u64) -> u64 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepting = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answer(stream));
        }
    });

    let share = round_trips / connections;
    let clients: Vec<_> = (0..connections).map(|c| tokio::spawn(ask(address, c * share, (c + 1) * share))).collect();
    let mut total = 0;
    for client in clients {
        total += client.await.unwrap().unwrap();
    }
    accepting.abort();
    total
}

async fn answer(mut stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = [0; MESSAGE_BYTES];
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..n]).await?;
    }
}

async fn ask(address: SocketAddr, first: u64, last: u64) -> Result<u64> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut message = [0; MESSAGE_BYTES];
    let mut answer = [0; MESSAGE_BYTES];
    let mut sum = 0;
    for i in first..last {
        message[..8].copy_from_slice(&i.to_le_bytes());
        stream.write_all(&message).await?;
        stream.read_exact(&mut answer).await?;
        sum += u64::from_le_bytes(answer[..8].try_into().unwrap());
    }
    Ok(sum)
}
