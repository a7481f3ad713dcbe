//! The program as its users meet it: a process that is started, talked to over sockets, and stopped.

mod client;
mod faults;
mod load;
mod protocol;
mod server;
mod stats;
mod streams;
