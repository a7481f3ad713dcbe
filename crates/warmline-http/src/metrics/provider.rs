//! Whose an origin is, as far as its name says so.

/// Names of hosts, or what they end in, and who is behind them.
const PROVIDERS: &[(&str, &str)] = &[
    ("api.openai.com", "openai"),
    ("api.anthropic.com", "anthropic"),
    (".openai.azure.com", "azure"),
    (".services.ai.azure.com", "azure"),
    (".googleapis.com", "google"),
    ("api.mistral.ai", "mistral"),
    ("api.groq.com", "groq"),
    ("api.cohere.com", "cohere"),
    ("api.cohere.ai", "cohere"),
    ("api.deepseek.com", "deepseek"),
    ("api.x.ai", "xai"),
    ("api.together.xyz", "together"),
    ("api.fireworks.ai", "fireworks"),
    ("openrouter.ai", "openrouter"),
    ("api.perplexity.ai", "perplexity"),
    (".amazonaws.com", "aws"),
    ("ollama.com", "ollama"),
    // Where it listens by itself.
    ("localhost:11434", "ollama"),
    ("127.0.0.1:11434", "ollama"),
];

/// The provider behind an origin such as `https://api.openai.com`; `other` where the name does not tell.
pub(super) fn of(origin: &str) -> &'static str {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let known = PROVIDERS
        .iter()
        .find(|(name, _)| match name.strip_prefix('.') {
            Some(_) => host.ends_with(name),
            None => host == *name,
        });
    known.map_or("other", |(_, provider)| provider)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn an_origin_is_its_providers_by_its_whole_name_only() {
        assert_eq!(of("https://api.openai.com"), "openai");
        assert_eq!(of("https://mine.openai.azure.com"), "azure");
        assert_eq!(of("https://api.openai.com.evil.test"), "other");
        assert_eq!(of("https://notapi.openai.com"), "other");
        assert_eq!(of("http://localhost:11434"), "ollama");
    }
}
