//! A provider of its own for each test.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use serde_json::Value;

use crate::client::Client;

pub(crate) struct Server {
    child: Child,
    /// Closing it stops the server.
    stdin: Option<ChildStdin>,
    pub(crate) url: String,
    pub(crate) control: String,
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_warmline-provider"))
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut child = program()
            .args(["serve", "--until-stdin-closes"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self {
            stdin: child.stdin.take(),
            child,
            url: ready["url"].as_str().unwrap().to_owned(),
            control: ready["control"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(&self.url)
    }

    /// The server's counters, read through the control address.
    pub(crate) fn stats(&self) -> Value {
        Client::connect(&self.control)
            .ask("GET /stats", &[], b"")
            .json()
    }

    /// Reads the counters until they are as wished for: the server learns of a close in its own time.
    pub(crate) fn stats_until(&self, wished: impl Fn(&Value) -> bool) -> Value {
        loop {
            let stats = self.stats();
            if wished(&stats) {
                return stats;
            }
            std::thread::yield_now();
        }
    }

    pub(crate) fn stop(mut self) -> ExitStatus {
        drop(self.stdin.take());
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stdin.take());
        self.child.wait().unwrap();
    }
}
