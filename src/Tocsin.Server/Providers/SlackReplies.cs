using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>What people press in Slack: by HTTP, signed with the app's signing secret, or by a socket that the app's token opened.</summary>
internal sealed class SlackReplies(GuardedHttp http) : IReplySource
{
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(5);

    public string Id => Slack.Type;

    public bool IsOf(ContactMethod method, string account) => method.Type == Slack.Type && SettingsCheck.Get(method, "user") == account;

    public string HowToLink(string account) =>
        $"Nothing was changed: this Slack account is nobody's in Tocsin. Give your user there a contact method of the type slack with user: {PlainText.OneLine(account, 30)}.";

    public Task<Result<Reply>> ReadAsync(ReplyRequest request, CancellationToken ct) => Task.FromResult(Verify(request) is { } refusal ? refusal : Read(request));

    public async Task<ReplyAnswer> AnswerAsync(ReplyRequest request, Reply reply, IReadOnlyList<ReplyOutcome> outcomes, CancellationToken ct)
    {
        if (reply.Context is Challenge challenge)
        {
            return new(challenge.Text);
        }

        await TellAsync(request.Estate, reply, outcomes, ct);
        return new();
    }

    /// <summary>Tells whoever pressed, and nobody else, what the message does not show by itself. What Slack does not take is let go: the message shows what is so.</summary>
    public async Task TellAsync(EstateSnapshot estate, Reply reply, IReadOnlyList<ReplyOutcome> outcomes, CancellationToken ct)
    {
        if (reply.Context is not Press { ResponseUrl: { } url } press || !IsSlacks(estate, url)
            || outcomes is not [var outcome] || outcome.Result is ReplyResult.Repeated
            || (outcome is { Result: ReplyResult.Done, Incident: not null } && press.Verb is ReplyVerb.Acknowledge or ReplyVerb.Resolve))
        {
            return;
        }

        // Slack waits 3 s for an answer in all.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await http.SendJsonAsync(HttpMethod.Post, url.AbsoluteUri, Ephemeral(Slack.Escape(outcome.Text, 3000)), null, limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Slow: let go.
        }
    }

    /// <summary>Reads what an interaction carries, from a request that is known to be Slack's.</summary>
    public static Result<Reply> ReadInteraction(JsonElement payload)
    {
        var user = payload.Part("user").Text("id");
        if (payload.Text("type") != "block_actions" || user.Length == 0 || payload.Items("actions").FirstOrDefault() is not { ValueKind: JsonValueKind.Object } action)
        {
            return new Reply(null, []);
        }

        ReplyVerb? verb = action.Text("action_id") switch
        {
            Slack.Verbs.Acknowledge => ReplyVerb.Acknowledge,
            Slack.Verbs.Resolve => ReplyVerb.Resolve,
            Slack.Verbs.Escalate => ReplyVerb.Escalate,
            Slack.Verbs.Snooze => ReplyVerb.Snooze,
            _ => null,
        };
        if (verb is not { } wanted)
        {
            // A button that is a link was pressed; Slack tells of that too.
            return new Reply(null, []);
        }

        var id = PlainText.OneLine($"{user}/{payload.Part("container").Text("message_ts")}/{action.Text("action_ts")}/{action.Text("action_id")}", 200);
        _ = Uri.TryCreate(payload.Text("response_url"), UriKind.Absolute, out var url);
        return new Reply(id, [new(user, wanted) { Code = action.Text("value") }]) { Context = new Press(wanted, url) };
    }

    private static Error? Verify(ReplyRequest request)
    {
        var secrets = request.Estate.Model.Channels.Values.Concat(request.Estate.Model.Users.Values.SelectMany(u => u.Contact))
            .Where(m => m.Type == Slack.Type).Select(m => SettingsCheck.Get(m, "signing_secret")).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).ToArray();
        if (secrets.Length == 0)
        {
            return Error.Forbidden("No Slack channel of this workspace has a signing_secret, so nothing that comes here can be believed.");
        }

        var time = request.Headers("X-Slack-Request-Timestamp");
        if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            || Math.Abs((decimal)request.ReceivedAt.ToUnixTimeSeconds() - seconds) > (decimal)_window.TotalSeconds)
        {
            return Error.Forbidden("X-Slack-Request-Timestamp is missing or more than 5 minutes from now.");
        }

        var given = SHA256.HashData(Encoding.UTF8.GetBytes(request.Headers("X-Slack-Signature")));
        var right = false;
        foreach (var secret in secrets)
        {
            right |= CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(Encoding.ASCII.GetBytes(Sign(secret, time, request.Body.Span))));
        }

        return right ? null : Error.Forbidden("X-Slack-Signature does not belong to this body and the app's signing secret.");
    }

    internal static string Sign(string secret, string time, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hmac.AppendData(Encoding.ASCII.GetBytes($"v0:{time}:"));
        hmac.AppendData(body);
        return $"v0={Convert.ToHexStringLower(hmac.GetHashAndReset())}";
    }

    private static Result<Reply> Read(ReplyRequest request)
    {
        if (request.ContentType == "application/json")
        {
            using var json = JsonAnswer.Parse(request.Body);
            return json is null ? Error.Invalid("body", "The body is not a JSON object.")
                : json.RootElement.Text("type") == "url_verification" ? new Reply(null, []) { Context = new Challenge(json.RootElement.Text("challenge")) }
                : new Reply(null, []);
        }

        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(request.Body.Span));
        if (!form.TryGetValue("payload", out var text))
        {
            return Error.Invalid("payload", "The form has no field 'payload'.");
        }

        using var payload = JsonAnswer.Parse(text.ToString());
        return payload is null ? Error.Invalid("payload", "The field 'payload' is not a JSON object.") : ReadInteraction(payload.RootElement);
    }

    /// <summary>Whether an address that came with a press is one of Slack's, so that no press makes this server call elsewhere.</summary>
    private static bool IsSlacks(EstateSnapshot estate, Uri url) =>
        (url.Scheme == Uri.UriSchemeHttps && url is { IsDefaultPort: true, Host: "hooks.slack.com" })
        || estate.Model.Channels.Values.Concat(estate.Model.Users.Values.SelectMany(u => u.Contact))
            .Any(m => m.Type == Slack.Type && SettingsCheck.Get(m, "api").Length > 0 && Slack.Api(m) is var api && (api.Scheme, api.Authority) == (url.Scheme, url.Authority));

    private static byte[] Ephemeral(string text) => JsonSerializer.SerializeToUtf8Bytes(
        new Dictionary<string, object>(StringComparer.Ordinal) { ["response_type"] = "ephemeral", ["replace_original"] = false, ["text"] = text });

    private sealed record Challenge(string Text);

    private sealed record Press(ReplyVerb Verb, Uri? ResponseUrl);
}
