using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tocsin.Alerts;
using Tocsin.Estate;

namespace Tocsin.Providers;

/// <summary>
/// A job or a machine that says that it is alive. Its silence is an alert, as is its word that it failed, until a good word.
/// A delivery is <c>{"signal": "3", "output": "…"}</c>, which <c>/hb/KEY/3</c> makes of what curl sends.
/// </summary>
internal sealed class Heartbeat : IAlertSource
{
    public const string Id = "heartbeat";

    private const string AlertKey = "failed";

    private const string MaxRunKey = "max_run";
    private const string Service = "service";
    private const string Team = "team";

    public ProviderInfo Info { get; } = new(
        Id, "Heartbeat", new("https://healthchecks.io/docs/http_api/"),
        [
            new(MaxRunKey, "How long a run may take from /start to its end, such as 1h; longer is an alert. Default: no limit."),
            new(Service, "The service that its alerts belong to. Default: none."),
            new(Team, "The label team of its alerts. Default: none."),
        ]);

    public IReadOnlyList<Error> Check(Source source)
    {
        List<Error> errors = [];
        if (source.ExpectEvery is null)
        {
            errors.Add(Error.Invalid("expect_every", "A heartbeat needs \"expect_every\": how often it is to be heard, such as 1d."));
        }

        if (source.Settings.ContainsKey(MaxRunKey) && MaxRun(source) is null)
        {
            errors.Add(Error.Invalid(MaxRunKey, "\"max_run\" is a duration such as 30m or 2h."));
        }

        return errors;
    }

    public Result<ParsedDelivery> Parse(InboundRequest request) => PayloadFields.Read(request, (fields, _, note) =>
    {
        var word = fields.Text("signal") ?? "";
        return ReadWord(word) switch
        {
            null => Error.Invalid("signal", $"The signal \"{SignalLimits.Title(word)}\" is none of start, fail, log and an exit status from 0 to 255."),
            HeartbeatWord.Well => new ParsedDelivery([Alert(request.Source, SignalStatus.Resolved, $"{request.Source.Name} is well", null)], [], note),
            HeartbeatWord.Failed => new ParsedDelivery(
                [Alert(request.Source, SignalStatus.Firing, $"{request.Source.Name} failed{(word == "fail" ? "" : $" with exit status {word}")}", fields.Text("output"))], [], note),
            HeartbeatWord.Started => new ParsedDelivery([], [], "A run began."),
            _ => new ParsedDelivery([], [], note),
        };
    });

    /// <summary>A delivery that says this.</summary>
    /// <param name="output">Any bytes; what is no UTF-8 is replaced.</param>
    public static byte[] Delivery(string word, ReadOnlySpan<byte> output)
    {
        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json);
        writer.WriteStartObject();
        writer.WriteString("signal"u8, word);
        if (!output.IsEmpty)
        {
            writer.WriteString("output"u8, Encoding.UTF8.GetString(output).Replace('\0', '\uFFFD'));
        }

        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenSpan.ToArray();
    }

    /// <summary>Null for what is no word of a heartbeat.</summary>
    public static HeartbeatWord? ReadWord(string word) => word switch
    {
        "" or "0" => HeartbeatWord.Well,
        "start" => HeartbeatWord.Started,
        "fail" => HeartbeatWord.Failed,
        "log" => HeartbeatWord.Noted,
        _ => byte.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? HeartbeatWord.Failed : null,
    };

    /// <summary>How long a run may take; null: as long as it likes.</summary>
    public static TimeSpan? MaxRun(Source source) =>
        source.Settings.TryGetValue(MaxRunKey, out var text) && DurationText.TryParse(text, out var most) && most > TimeSpan.Zero ? most : null;

    /// <summary>The alert of a heartbeat, with the labels that its source gives it.</summary>
    public static Signal Alert(Source source, SignalStatus status, string title, string? description)
    {
        var warnings = default(Warnings);
        return new()
        {
            DedupKey = AlertKey,
            Status = status,
            Title = SignalLimits.Title(title),
            Description = SignalLimits.Description(description, ref warnings),
            Service = source.Settings.GetValueOrDefault(Service),
            Labels = LabelSet.Of(
                ("alertname", source.Name), ("heartbeat", source.Name), ("service", source.Settings.GetValueOrDefault(Service, "")), ("team", source.Settings.GetValueOrDefault(Team, ""))),
            Warnings = warnings.Sentences,
        };
    }

    public string Snippet(string baseUrl, Source source)
    {
        var url = Alerts.HeartbeatEndpoints.Address(baseUrl, source.Key);
        return $"""
            # At the end of a job that went well:
            curl --fail --silent --show-error --max-time 10 --retry 5 {url}

            # With its exit status, whatever it was, and what it printed:
            run-the-job > job.log 2>&1; curl --fail --silent --show-error --max-time 10 --retry 5 --data-binary @job.log {url}/$?

            # Before it begins, so that one that hangs is noticed (max_run):
            curl --fail --silent --show-error --max-time 10 --retry 5 {url}/start

            """;
    }

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now) =>
        status == SignalStatus.Resolved ? Delivery("0", []) : Delivery("fail", "Somebody pressed the test button. Nothing is wrong."u8);
}

internal enum HeartbeatWord
{
    Well,
    Started,
    Failed,

    /// <summary>A sign of life that says nothing about success.</summary>
    Noted,
}
