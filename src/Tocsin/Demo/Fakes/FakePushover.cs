using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Tocsin.Demo.Fakes;

/// <summary>A message on the phone.</summary>
internal sealed record PushoverMessage(IReadOnlyDictionary<string, string> Fields)
{
    /// <summary>Of an emergency; null: it rings once.</summary>
    public string? Receipt { get; init; }

    /// <summary>Whether it rings again and again.</summary>
    public bool Rings { get; init; }

    /// <summary>Who acknowledged it there; null: nobody.</summary>
    public string? AcknowledgedBy { get; init; }

    public bool Cancelled { get; init; }

    public string this[string field] => Fields.GetValueOrDefault(field) ?? "";
}

/// <summary>
/// Pushover's API for one application: checks messages as the real one does, keeps emergencies ringing until somebody acknowledges or they are cancelled.
/// <c>GET /</c> lists the messages; <c>POST /_acknowledge?receipt=R</c> acknowledges.
/// </summary>
internal sealed class FakePushover : FakeHttp
{
    public const string Token = "azGDORePK8gMaC0QOYAMyEEuzJnyUi";
    public const string User = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG";

    private readonly List<PushoverMessage> _messages = [];
    private readonly HashSet<string> _users = [User];
    private readonly HttpClient _caller;
    private readonly Lock _gate = new();
    private int _last;

    private FakePushover(TimeProvider clock)
        : base(clock)
    {
#pragma warning disable RS0030 // It stands for Pushover, which calls whatever it was told.
        _caller = new();
#pragma warning restore RS0030
    }

    public Uri Api => new(Url, "1/");

    public IReadOnlyList<PushoverMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakePushover> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakePushover(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    /// <summary>Somebody acknowledges on the phone.</summary>
    /// <returns>What the callback answered; null: none was asked for.</returns>
    public async Task<int?> AcknowledgeAsync(PushoverMessage message, CancellationToken ct, string by = User)
    {
        lock (_gate)
        {
            var at = _messages.FindIndex(m => m.Receipt == message.Receipt);
            _messages[at] = _messages[at] with { AcknowledgedBy = by, Rings = false };
        }

        return message["callback"].Length == 0 ? null : await CallAsync(new Uri(message["callback"]), message.Receipt!, ct);
    }

    /// <summary>The callback, as Pushover makes it.</summary>
    public async Task<int> CallAsync(Uri callback, string receipt, CancellationToken ct)
    {
        using var form = new FormUrlEncodedContent([new("receipt", receipt), new("acknowledged", "1"), new("acknowledged_by", User)]);
        using var response = await _caller.PostAsync(callback, form, ct);
        return (int)response.StatusCode;
    }

    protected override bool IsWork(PathString path) => path.StartsWithSegments("/1/receipts", StringComparison.Ordinal);

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        var form = QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body));
        if (request.Path == "/_acknowledge")
        {
            return AcknowledgeByHand(request.Query["receipt"].ToString());
        }

        var token = HttpMethods.IsGet(request.Method) ? request.Query["token"].ToString() : Field(form, "token");
        if (token != Token)
        {
            return Refuses("token", "application token is invalid");
        }

        lock (_gate)
        {
            return request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
            {
                ["1", "messages.json"] when request.ContentType == "application/x-www-form-urlencoded" => Send(form),
                ["1", "receipts", var receipt, "cancel.json"] => Cancel(receipt),
                ["1", "receipts", var file] when file.EndsWith(".json", StringComparison.Ordinal) => Tell(file[..^5]),
                _ => new(404, """{"status":0}""", "application/json"),
            };
        }
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. Messages.Select(m => new JsonObject(
            m.Fields.Where(f => f.Key is not ("token" or "user")).Select(f => KeyValuePair.Create(f.Key, (JsonNode?)f.Value))) { ["receipt"] = m.Receipt, ["rings"] = m.Rings })]).ToJsonString() + "\n", "application/json")
        : null;

    private FakeAnswer AcknowledgeByHand(string receipt)
    {
        if (Messages.FirstOrDefault(m => m.Receipt == receipt && receipt.Length > 0) is not { } message)
        {
            return new(400, "receipt=R: there is no such message\n");
        }

        _ = AcknowledgeAsync(message, CancellationToken.None);
        return new(200, "Acknowledged.\n");
    }

    private FakeAnswer Send(Dictionary<string, StringValues> form)
    {
        if (!_users.Contains(Field(form, "user")))
        {
            return Refuses("user", "user identifier is not a valid user, group, or subscribed user key");
        }

        if (Field(form, "message").Length is 0 or > 1024 || Field(form, "title").Length > 250 || Field(form, "url").Length > 512)
        {
            return Refuses("message", "message, title or url is too long, or message is blank");
        }

        if (!int.TryParse(Field(form, "priority"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var priority) || priority is < -2 or > 2)
        {
            return Refuses("priority", "priority is invalid");
        }

        if (priority == 2 && !(Seconds(form, "retry") is >= 30 && Seconds(form, "expire") is > 0 and <= 10_800))
        {
            return Refuses("retry", "must be supplied with priority=2: retry of at least 30, expire of at most 10800");
        }

        var receipt = priority == 2 ? $"r{++_last:D29}" : null;
        _messages.Add(new(form.ToDictionary(f => f.Key, f => f.Value.ToString(), StringComparer.Ordinal)) { Receipt = receipt, Rings = receipt is not null });
        if (_messages.Count > Remembered)
        {
            _messages.RemoveAt(0);
        }

        var answer = new JsonObject { ["status"] = 1, ["request"] = $"647d2300-702c-4b38-8b2f-{_messages.Count:D12}" };
        if (receipt is not null)
        {
            answer["receipt"] = receipt;
        }

        return new(200, answer.ToJsonString(), "application/json");
    }

    private FakeAnswer Cancel(string receipt)
    {
        var at = _messages.FindIndex(m => m.Receipt == receipt);
        if (at < 0)
        {
            return Refuses("receipt", "not found");
        }

        _messages[at] = _messages[at] with { Rings = false, Cancelled = true };
        return new(200, """{"status":1,"request":"cancelled"}""", "application/json");
    }

    private FakeAnswer Tell(string receipt) => _messages.Find(m => m.Receipt == receipt) is { } message
        ? new(200, new JsonObject { ["status"] = 1, ["acknowledged"] = message.AcknowledgedBy is null ? 0 : 1, ["acknowledged_by"] = message.AcknowledgedBy ?? "", ["expired"] = 0 }.ToJsonString(), "application/json")
        : Refuses("receipt", "not found");

    private static FakeAnswer Refuses(string field, string why) =>
        new(400, new JsonObject { [field] = "invalid", ["errors"] = new JsonArray(why), ["status"] = 0 }.ToJsonString(), "application/json");

    private static string Field(Dictionary<string, StringValues> form, string name) => form.TryGetValue(name, out var value) ? value.ToString() : "";

    private static int? Seconds(Dictionary<string, StringValues> form, string name) =>
        int.TryParse(Field(form, name), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;
}
