//! A blocking HTTP/1.1 client that sees every byte.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

pub(crate) struct Client {
    socket: BufReader<TcpStream>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(url: &str) -> Self {
        let socket = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        socket.set_nodelay(true).unwrap();
        Self {
            socket: BufReader::new(socket),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.socket.get_mut().write_all(bytes).unwrap();
    }

    pub(crate) fn post(&mut self, path: &str, knobs: &[(&str, &str)], body: &Value) -> Answer {
        self.ask(&format!("POST {path}"), knobs, body.to_string().as_bytes())
    }

    pub(crate) fn ask(&mut self, what: &str, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send_request(what, fields, body);
        self.read_answer(what.starts_with("HEAD"))
    }

    pub(crate) fn send_request(&mut self, what: &str, fields: &[(&str, &str)], body: &[u8]) {
        let mut request = format!("{what} HTTP/1.1\r\nhost: mock\r\n").into_bytes();
        for (name, value) in fields {
            request.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        request.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        request.extend_from_slice(body);
        self.send(&request);
    }

    pub(crate) fn read_answer(&mut self, of_head: bool) -> Answer {
        let mut answer = self.read_head();
        if of_head {
            return answer;
        }
        if let Some(length) = answer.field("content-length") {
            answer.body = vec![0; length.parse().unwrap()];
            self.socket.read_exact(&mut answer.body).unwrap();
        } else if answer.field("transfer-encoding") == Some("chunked") {
            while let Some(chunk) = self.read_chunk() {
                answer.body.extend_from_slice(&chunk);
            }
        } else {
            self.socket.read_to_end(&mut answer.body).unwrap();
        }
        answer
    }

    pub(crate) fn read_head(&mut self) -> Answer {
        let status_line = self.read_line();
        let status = status_line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut fields = Vec::new();
        loop {
            let line = self.read_line();
            if line.is_empty() {
                return Answer {
                    status,
                    fields,
                    body: Vec::new(),
                };
            }
            let (name, value) = line.split_once(": ").unwrap();
            fields.push((name.to_owned(), value.to_owned()));
        }
    }

    /// `None` at the last chunk.
    pub(crate) fn read_chunk(&mut self) -> Option<Vec<u8>> {
        let size = usize::from_str_radix(&self.read_line(), 16).unwrap();
        let mut chunk = vec![0; size];
        self.socket.read_exact(&mut chunk).unwrap();
        assert_eq!(self.read_line(), "");
        (size > 0).then_some(chunk)
    }

    /// Everything up to the end of the connection.
    pub(crate) fn read_rest(&mut self) -> std::io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.socket.read_to_end(&mut rest).map(|_| rest)
    }

    fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.socket.read_line(&mut line).unwrap();
        assert!(
            line.ends_with("\r\n"),
            "the connection ended within {line:?}"
        );
        line.truncate(line.len() - 2);
        line
    }
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The `data` of each event, those that are JSON as JSON.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = str::from_utf8(&self.body).unwrap();
        text.split_terminator("\n\n")
            .map(|event| {
                let data = event
                    .lines()
                    .find_map(|line| line.strip_prefix("data: "))
                    .unwrap();
                serde_json::from_str(data).unwrap_or_else(|_| Value::from(data))
            })
            .collect()
    }
}
