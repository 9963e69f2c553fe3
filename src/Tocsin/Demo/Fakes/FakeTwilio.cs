using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Tocsin.Demo.Fakes;

/// <param name="Told">Where the carrier says what became of it; null: nowhere.</param>
internal sealed record FakeSms(string Sid, string To, string From, string Body, string? Told);

/// <param name="Script">What the telephone says and listens for.</param>
internal sealed record FakeCall(string Sid, string To, string From, XElement Script, string? Told)
{
    /// <summary>queued, or how it ended.</summary>
    public string Status { get; set; } = "queued";

    /// <summary>All that is said when nobody presses a key.</summary>
    public string Heard => string.Join(' ', Script.Descendants("Say").Select(say => say.Value));
}

/// <summary>
/// A carrier of messages and calls in Twilio's shape, and the telephones behind it: it rings, presses keys, answers and reports, each signed as the
/// real one does. <c>GET /</c> lists what came; <c>POST /_press?to=+49…&amp;key=4</c> and <c>POST /_answer?from=+49…&amp;text=1042a&amp;to=URL</c> use a telephone.
/// </summary>
internal sealed partial class FakeTwilio : FakeHttp
{
    public const string Account = "AC00000000000000000000000000000001";

    private readonly ConcurrentQueue<FakeSms> _messages = new();
    private readonly ConcurrentQueue<FakeCall> _calls = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });

    private FakeTwilio(string token, TimeProvider clock)
        : base(clock) => Token = token;

    /// <summary>The account's token, with which both sides sign.</summary>
    public string Token { get; }

    /// <summary>Where callbacks go in truth, whatever address was told; null: to that.</summary>
    public Uri? Through { get; set; }

    public IReadOnlyList<FakeSms> Messages => [.. _messages];

    public IReadOnlyList<FakeCall> Calls => [.. _calls];

    public static async Task<FakeTwilio> StartAsync(TimeProvider clock, string? token = null, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeTwilio(token ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    /// <summary>Picks up and presses a key.</summary>
    /// <returns>What the telephone says then.</returns>
    public async Task<string> PressAsync(FakeCall call, string key)
    {
        var menu = call.Script.Element("Gather") ?? throw new InvalidOperationException("This call listens for no key.");
        var answer = await PostAsync(menu.Attribute("action")!.Value, new(StringComparer.Ordinal)
        {
            ["AccountSid"] = Account,
            ["CallSid"] = call.Sid,
            ["From"] = call.From,
            ["To"] = call.To,
            ["CallStatus"] = "in-progress",
            ["Digits"] = key,
        });
        return string.Join(' ', XElement.Parse(answer).Descendants("Say").Select(say => say.Value));
    }

    /// <summary>Ends a call: completed (somebody or something picked up), busy, no-answer, failed.</summary>
    public Task EndAsync(FakeCall call, string status)
    {
        call.Status = status;
        return call.Told is null ? Task.CompletedTask : PostAsync(call.Told, new(StringComparer.Ordinal)
        {
            ["AccountSid"] = Account,
            ["CallSid"] = call.Sid,
            ["From"] = call.From,
            ["To"] = call.To,
            ["CallStatus"] = status,
        });
    }

    /// <summary>Sends a message from a telephone.</summary>
    /// <param name="to">The address that the owner of the number entered for incoming messages.</param>
    /// <param name="sid">The message's id; null: a new one.</param>
    /// <returns>What comes back as a message.</returns>
    public async Task<string> AnswerAsync(string to, string from, string text, string? sid = null)
    {
        var answer = await PostAsync(to, new(StringComparer.Ordinal)
        {
            ["AccountSid"] = Account,
            ["MessageSid"] = sid ?? NewSid("SM"),
            ["From"] = from,
            ["To"] = "+4930000000",
            ["Body"] = text,
            ["NumMedia"] = "0",
        });
        return XElement.Parse(answer).Element("Message")?.Value ?? "";
    }

    /// <summary>Says what became of a message: sent, delivered, undelivered, failed.</summary>
    public Task ReportAsync(FakeSms message, string status) => message.Told is null ? Task.CompletedTask : PostAsync(message.Told, new(StringComparer.Ordinal)
    {
        ["AccountSid"] = Account,
        ["MessageSid"] = message.Sid,
        ["From"] = message.From,
        ["To"] = message.To,
        ["MessageStatus"] = status,
        ["ErrorCode"] = status is "undelivered" or "failed" ? "30003" : "",
    });

    /// <summary>Posts a signed form.</summary>
    /// <param name="token">What it is signed with; null: the account's.</param>
    public async Task<string> PostAsync(string told, Dictionary<string, string> form, string? token = null)
    {
        var url = Through is null ? new Uri(told) : new Uri(Through, new Uri(told).PathAndQuery);
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Add("X-Twilio-Signature", Sign(token ?? Token, told, form));
        using var response = await _client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? body : throw new HttpRequestException($"{(int)response.StatusCode}: {body}", null, response.StatusCode);
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray(
            [
                .. _messages.Select(m => (JsonNode)new JsonObject { ["sms"] = m.To, ["text"] = m.Body }),
                .. _calls.Select(c => (JsonNode)new JsonObject { ["call"] = c.To, ["says"] = c.Heard, ["status"] = c.Status }),
            ]).ToJsonString() + "\n", "application/json")
        : null;

    protected override async Task<FakeAnswer?> UseAsync(HttpRequest request)
    {
        var query = request.Query;
        return request.Path.Value switch
        {
            "/_press" when _calls.LastOrDefault(c => c.To == Plus(query["to"])) is { } call => new(200, await PressAsync(call, query["key"].ToString()) + "\n"),
            "/_answer" => new(200, await AnswerAsync(query["to"].ToString(), Plus(query["from"]), query["text"].ToString()) + "\n"),
            _ => null,
        };
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        var expected = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Account}:{Token}"))}";
        if (request.Headers.Authorization != expected)
        {
            return Says(401, 20003, "Authenticate");
        }

        using var reader = new FormReader(Encoding.UTF8.GetString(body));
        var form = reader.ReadForm().ToDictionary(field => field.Key, field => field.Value.ToString(), StringComparer.Ordinal);
        var start = $"/2010-04-01/Accounts/{Account}/";
        var path = request.Path.Value!;
        return !path.StartsWith(start, StringComparison.Ordinal) ? Says(404, 20404, "The requested resource was not found")
            : path[start.Length..] switch
            {
                "Messages.json" => TakeMessage(form),
                "Calls.json" => TakeCall(form),
                var rest when rest.StartsWith("Calls/", StringComparison.Ordinal) && _calls.FirstOrDefault(c => rest == $"Calls/{c.Sid}.json") is { } call => HangUp(call, form),
                _ => Says(404, 20404, "The requested resource was not found"),
            };
    }

    private FakeAnswer TakeMessage(Dictionary<string, string> form)
    {
        var sender = form.GetValueOrDefault("From") ?? form.GetValueOrDefault("MessagingServiceSid");
        if (!Number().IsMatch(form.GetValueOrDefault("To") ?? ""))
        {
            return Says(400, 21211, "Invalid 'To' Phone Number");
        }

        if (sender is null or "" || form.GetValueOrDefault("Body") is not { Length: > 0 and <= 1600 } text)
        {
            return Says(400, 21602, "Message body and sender are required");
        }

        var message = new FakeSms(NewSid("SM"), form["To"], sender, text, form.GetValueOrDefault("StatusCallback"));
        _messages.Enqueue(message);
        while (_messages.Count > Remembered)
        {
            _messages.TryDequeue(out _);
        }

        return Made(message.Sid);
    }

    private FakeAnswer TakeCall(Dictionary<string, string> form)
    {
        if (!Number().IsMatch(form.GetValueOrDefault("To") ?? "") || !Number().IsMatch(form.GetValueOrDefault("From") ?? ""))
        {
            return Says(400, 21211, "Invalid phone number");
        }

        XElement script;
        try
        {
            script = XElement.Parse(form.GetValueOrDefault("Twiml") ?? "");
        }
        catch (System.Xml.XmlException)
        {
            return Says(400, 12100, "Document parse failure");
        }

        if (script.Name != "Response" || form["Twiml"].Length > 4000)
        {
            return Says(400, 21626, "Twiml is not valid");
        }

        var call = new FakeCall(NewSid("CA"), form["To"], form["From"], script, form.GetValueOrDefault("StatusCallback"));
        _calls.Enqueue(call);
        while (_calls.Count > Remembered)
        {
            _calls.TryDequeue(out _);
        }

        return Made(call.Sid);
    }

    private static FakeAnswer HangUp(FakeCall call, Dictionary<string, string> form)
    {
        if (call.Status != "queued" || form.GetValueOrDefault("Status") != "completed")
        {
            return Says(400, 21220, "Call is not in-progress. Cannot redirect.");
        }

        call.Status = "hung up";
        return new(200, new JsonObject { ["sid"] = call.Sid, ["status"] = "completed" }.ToJsonString(), "application/json");
    }

    /// <summary>By the documentation, and by no code of the server's.</summary>
    private static string Sign(string token, string url, Dictionary<string, string> form)
    {
        var signed = url + string.Concat(form.Keys.Order(StringComparer.Ordinal).Select(name => name + form[name]));
#pragma warning disable CA5350 // What the real carrier does.
        using var hmac = new HMACSHA1(Encoding.UTF8.GetBytes(token));
#pragma warning restore CA5350
        return Convert.ToBase64String(hmac.ComputeHash(Encoding.UTF8.GetBytes(signed)));
    }

    private static FakeAnswer Made(string sid) => new(201, new JsonObject { ["sid"] = sid, ["status"] = "queued" }.ToJsonString(), "application/json");

    private static FakeAnswer Says(int status, int code, string message) =>
        new(status, new JsonObject { ["code"] = code, ["message"] = message, ["status"] = status }.ToJsonString(), "application/json");

    private static string NewSid(string kind) => kind + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    // In an address a plus that nobody escaped is a blank.
    private static string Plus(Microsoft.Extensions.Primitives.StringValues number) => number.ToString().Replace(' ', '+');

    [GeneratedRegex("^\\+[1-9][0-9]{7,14}$", RegexOptions.NonBacktracking)]
    private static partial Regex Number();
}
