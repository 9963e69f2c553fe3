using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tocsin.Issues;

namespace Tocsin.Providers;

/// <summary>What GitHub sends to a webhook: signed over the raw bytes, by HMAC-SHA256 and nothing older.</summary>
internal static class GitHubHook
{
    private const string Prefix = "sha256=";

    public static bool IsSigned(string secret, string signature, ReadOnlySpan<byte> body)
    {
        if (secret.Length == 0 || !signature.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        // Hashes of both are compared, so that neither the length nor the place of the first difference can be timed.
        var ours = SHA256.HashData(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body))));
        return CryptographicOperations.FixedTimeEquals(ours, SHA256.HashData(Encoding.UTF8.GetBytes(signature[Prefix.Length..].ToLowerInvariant())));
    }

    /// <summary>Reads an event of the kind <c>issues</c>.</summary>
    /// <returns>Null: nothing happened to the issue that matters here; an error for what is no such event.</returns>
    public static Result<IssueNews?> Read(ReadOnlyMemory<byte> body, string delivery)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            var action = root.GetProperty("action").GetString();
            if (action is not ("closed" or "reopened" or "deleted" or "transferred"))
            {
                return (IssueNews?)null;
            }

            var issue = root.GetProperty("issue");
            var by = root.TryGetProperty("sender", out var sender) && sender.ValueKind == JsonValueKind.Object && sender.TryGetProperty("login", out var login) ? login.GetString() : null;
            var gone = action is "deleted" or "transferred";
            var isOpen = action == "reopened";
            var at = Instant(issue, isOpen || gone ? "updated_at" : "closed_at") ?? Instant(issue, "updated_at");
            return new IssueNews(
                root.GetProperty("repository").GetProperty("full_name").GetString() ?? "",
                new(issue.GetProperty("number").GetInt64(), null, isOpen, gone ? null : at, gone ? $"{by ?? "somebody"}, by being {action}" : by),
                Notify.PlainText.OneLine(delivery, 100));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return Error.Invalid("body", "This is no event of GitHub's kind issues: it has an action, an issue with its number, and a repository with its full_name.");
        }
    }

    private static DateTimeOffset? Instant(JsonElement issue, string name) =>
        issue.TryGetProperty(name, out var at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var instant) ? instant.ToUniversalTime() : null;
}
