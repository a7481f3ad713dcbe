fn main() {
    napi_build::setup();
    // The engine's threads run this library's code for as long as the process lives. Node unloads an
    // addon when the last worker that loaded it ends, which would pull the code from under them.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
