//! A mock LLM provider on real sockets, and the load generator that shows how fast it is.
#![forbid(unsafe_code)]

mod arrivals;
mod ask;
mod chat;
mod cli;
mod connection;
mod echo;
mod histogram;
mod http1;
mod knobs;
mod load;
mod messages;
mod reader;
mod reply;
mod responses;
mod route;
mod script;
mod server;
mod stats;
mod stream;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match cli::parse(std::env::args_os()) {
        Ok(cli::Command::Help(text)) => {
            println!("{text}");
            Ok(())
        }
        Ok(cli::Command::Serve(options)) => server::run(&options),
        Ok(cli::Command::Load(options)) => load::run(&options),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("warmline-provider: {error}");
            ExitCode::FAILURE
        }
    }
}
