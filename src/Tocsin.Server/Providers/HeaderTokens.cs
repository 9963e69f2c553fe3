using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tocsin.Providers;

/// <summary>Headers and the tokens that they must carry; any one of them admits.</summary>
internal sealed class HeaderTokens
{
    private readonly List<(string Header, byte[] Hash)> _tokens = [];

    private HeaderTokens()
    {
    }

    /// <summary>Admits nobody.</summary>
    public static HeaderTokens None { get; } = new();

    /// <summary>How many tokens can admit anybody.</summary>
    public int Count => _tokens.Count;

    /// <param name="json"><c>{"x-grafana-token": "…"}</c>. An empty token admits nobody.</param>
    public static Result<HeaderTokens> Read(string json)
    {
        var result = new HeaderTokens();
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return Wrong;
            }

            foreach (var (header, token) in GenericScopes.Members(document.RootElement))
            {
                if (token.ValueKind != JsonValueKind.String || header.Length == 0 || header.Any(c => c is <= ' ' or > '~' or ':'))
                {
                    return Wrong;
                }

                if (JsonText.Of(token) is { Length: > 0 } text)
                {
                    result._tokens.Add((header, Hash(text)));
                }
            }

            return result;
        }
        catch (JsonException)
        {
            return Wrong;
        }
    }

    /// <summary>Takes the same time whichever token is wrong, and however wrong.</summary>
    /// <param name="headers">Reads a request header by its name in any case; empty when it is missing.</param>
    public bool Admits(Func<string, string> headers)
    {
        var admitted = false;
        foreach (var (header, hash) in _tokens)
        {
            var given = headers(header);
            admitted |= CryptographicOperations.FixedTimeEquals(Hash(given), hash) & given.Length > 0;
        }

        return admitted;
    }

    private static Error Wrong => Error.Invalid(AlertPipeline.TokensKey, "\"tokens\" is a JSON object of header names and tokens, such as {\"x-grafana-token\": \"…\"}.");

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
