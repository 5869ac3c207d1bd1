//! Addresses that others can use, for listeners on all of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

/// The address itself; for "all addresses", the one that this machine sends from.
pub(crate) fn outward(address: IpAddr) -> IpAddr {
    if !address.is_unspecified() {
        return address;
    }
    // Documentation addresses: choosing a route to them sends nothing.
    let (loopback, far): (IpAddr, IpAddr) = match address {
        IpAddr::V4(_) => (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::new(192, 0, 2, 1).into()),
        IpAddr::V6(_) => (Ipv6Addr::LOCALHOST.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()),
    };
    let chosen = UdpSocket::bind((address, 0)).and_then(|socket| {
        socket.connect((far, 9))?;
        socket.local_addr()
    });
    chosen.ok().map(|chosen| chosen.ip()).filter(|ip| !ip.is_unspecified()).unwrap_or(loopback)
}

/// `host:port`, with brackets around an address of the sixth version.
pub(crate) fn host_and_port(host: &str, port: u16) -> String {
    match host.parse() {
        Ok(IpAddr::V6(address)) => format!("[{address}]:{port}"),
        _ => format!("{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_become_one_that_can_be_reached() {
        for address in ["0.0.0.0", "::"] {
            assert!(!outward(address.parse().unwrap()).is_unspecified());
        }
        assert_eq!(outward(Ipv4Addr::LOCALHOST.into()), Ipv4Addr::LOCALHOST);
    }
}
