//! What several fuzz targets share.

mod cut;
mod json;
mod requests;

pub use cut::cut;
pub use json::Json;
pub use requests::{assert_one_request, headers};
