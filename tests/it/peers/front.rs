//! The socket in front of a `wiremock` server: it ends TLS, and decides for each request whether it is broken.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tests::tls::Authority;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::classes::{Call, Class};
use super::raw;

/// The header by which the `wiremock` server is told the class to answer with.
pub(super) const CLASS_HEADER: &str = "x-answer-class";
/// Where redirections lead.
pub(super) const SIGN_IN: &str = "/sign-in";
/// The most bytes of a request's head.
const HEAD_MAX: usize = 256 * 1024;

/// Which call is answered wrongly for now, shared by all fronts of a world.
#[derive(Debug, Default)]
pub(super) struct Trouble(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    armed: Option<(Call, Class)>,
    /// Right answers to the call before the first wrong one.
    spare: u32,
    given: u32,
    strays: Vec<String>,
}

impl Trouble {
    /// From now on `call` is answered by `class`, after `spare` right answers.
    pub(super) fn begin(&self, call: Call, class: Class, spare: u32) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.armed, state.spare) = (Some((call, class)), spare);
    }

    /// From now on everything is right.
    pub(super) fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).armed = None;
    }

    /// How many wrong answers were begun.
    pub(super) fn given(&self) -> u32 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).given
    }

    /// Requests that came because a redirection was followed.
    pub(super) fn strays(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).strays.clone()
    }

    /// Whether the certificate of another name is shown to those who want to make calls of this side.
    fn is_of_another_name(&self, is_miro: bool) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.armed.is_some_and(|(call, class)| class == Class::OtherName && call.is_miro() == is_miro)
    }

    fn class_of(&self, head: &Head) -> Option<(Call, Class)> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(call) = Call::of(&head.path) else {
            if head.path == SIGN_IN {
                state.strays.push(head.path.clone());
            }
            return None;
        };
        let armed = state.armed.filter(|(armed, class)| *armed == call && *class != Class::Right)?;
        if state.spare > 0 {
            state.spare -= 1;
            return None;
        }
        state.given += 1;
        Some(armed)
    }
}

/// A listening socket; closed with everything on it when dropped.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) address: SocketAddr,
    _accepting: JoinSet<()>,
}

impl Front {
    /// Listens on a free loopback port for requests to `origin`, with TLS if there is an `authority`.
    pub(super) async fn open(
        origin: SocketAddr,
        trouble: &Arc<Trouble>,
        authority: Option<&Authority>,
        is_miro: bool,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let acceptors = authority.map(|authority| (authority.acceptor(), authority.acceptor_of_another_name()));
        let trouble = Arc::clone(trouble);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let trouble = Arc::clone(&trouble);
                let acceptor =
                    acceptors.clone().map(|(own, other)| if trouble.is_of_another_name(is_miro) { other } else { own });
                connections.spawn(async move {
                    match acceptor {
                        None => serve(stream, origin, &trouble).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => serve(stream, origin, &trouble).await,
                            // Whoever only looks whether the port is open ends here.
                            Err(_) => Ok(()),
                        },
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { address, _accepting: accepting }
    }
}

/// One request a connection: the next one meets the trouble of its own moment.
async fn serve<S: raw::Connection>(mut stream: S, origin: SocketAddr, trouble: &Trouble) -> std::io::Result<()> {
    let Some((head, mut body)) = Head::read(&mut stream).await? else { return Ok(()) };
    let class = trouble.class_of(&head);
    if let Some((call, raw)) = class.and_then(|(call, class)| Some((call, class.raw()?))) {
        let rest = head.content_length.saturating_sub(body.len());
        body.resize(rest, 0);
        stream.read_exact(&mut body).await?;
        raw::play(raw, call, &mut stream).await;
        return Ok(());
    }
    let mut origin = TcpStream::connect(origin).await?;
    origin.write_all(head.forwarded(class.map(|(_, class)| class)).as_bytes()).await?;
    origin.write_all(&body).await?;
    copy_bidirectional(&mut stream, &mut origin).await?;
    Ok(())
}

/// The head of a request.
struct Head {
    lines: Vec<String>,
    path: String,
    content_length: usize,
}

impl Head {
    /// The head and what came of the body with it; none when the connection ends first.
    async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<Option<(Self, Vec<u8>)>> {
        let mut bytes = Vec::new();
        loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                let body = bytes.split_off(end + 4);
                return Ok(Some((Self::parse(&String::from_utf8_lossy(&bytes)), body)));
            }
            if bytes.len() > HEAD_MAX || stream.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
        }
    }

    fn parse(text: &str) -> Self {
        let lines: Vec<_> = text.split("\r\n").filter(|line| !line.is_empty()).map(str::to_owned).collect();
        let target = lines.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default().to_owned();
        let length = lines.iter().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        Self { path, content_length: length.unwrap_or(0), lines }
    }

    /// The head for the `wiremock` server, which is to answer once, with `class` if there is one.
    fn forwarded(&self, class: Option<Class>) -> String {
        let kept = self.lines.iter().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        let mut text: String = kept.flat_map(|line| [line.as_str(), "\r\n"]).collect();
        if let Some(class) = class {
            text.extend([CLASS_HEADER, ": ", class.name(), "\r\n"]);
        }
        text + "connection: close\r\n\r\n"
    }
}
