using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// One alert in the shape that Prometheus, Alertmanager and Grafana share, as it was sent. Read in one walk over the bytes: this is where
/// every alert of a storm comes through.
/// </summary>
internal struct PrometheusAlert
{
    /// <summary>Null if the sender left the member out.</summary>
    public LabelSet? Labels;
    public LabelSet? Annotations;
    public SenderTime StartsAt;
    public SenderTime EndsAt;
    public string? Status;
    public string? Fingerprint;
    public string? GeneratorUrl;

    // Grafana's own.
    public string? SilenceUrl;
    public string? DashboardUrl;
    public string? PanelUrl;
    public string? ImageUrl;
    public string? ValueString;
    public string? Values;

    public Warnings Warnings;

    /// <summary>Why the alert cannot be taken; null if it can.</summary>
    public string? Fault;

    /// <summary>Reads the object at the reader's current token and leaves the reader at its last.</summary>
    /// <param name="scratch">Any list; emptied and used.</param>
    public static PrometheusAlert Read(ref Utf8JsonReader reader, List<KeyValuePair<string, string>> scratch)
    {
        var alert = default(PrometheusAlert);
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            alert.Fault = "An alert must be a JSON object with labels.";
            return alert;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (JsonText.IsName(ref reader, "labels"u8))
            {
                reader.Read();
                alert.Labels = alert.ReadMap(ref reader, "labels", scratch);
            }
            else if (JsonText.IsName(ref reader, "annotations"u8))
            {
                reader.Read();
                alert.Annotations = alert.ReadMap(ref reader, "annotations", scratch);
            }
            else if (JsonText.IsName(ref reader, "startsAt"u8))
            {
                alert.StartsAt = ReadTime(ref reader);
            }
            else if (JsonText.IsName(ref reader, "endsAt"u8))
            {
                alert.EndsAt = ReadTime(ref reader);
            }
            else if (JsonText.IsName(ref reader, "generatorURL"u8))
            {
                alert.GeneratorUrl = ReadText(ref reader);
            }
            else if (JsonText.IsName(ref reader, "status"u8))
            {
                alert.Status = ReadText(ref reader);
            }
            else if (JsonText.IsName(ref reader, "fingerprint"u8))
            {
                alert.Fingerprint = ReadText(ref reader);
            }
            else
            {
                alert.ReadRare(ref reader);
            }
        }

        return alert;
    }

    /// <summary>The next token's text; null if it is neither text, number nor truth value. Objects and lists are stepped over.</summary>
    public static string? ReadText(ref Utf8JsonReader reader)
    {
        reader.Read();
        return ThisText(ref reader);
    }

    /// <summary>Reads a map of texts at the current token. Numbers and truth values are taken as they are written, with a warning.</summary>
    /// <returns>Null, with a fault or a warning, if it is no object.</returns>
    public LabelSet? ReadMap(ref Utf8JsonReader reader, string what, List<KeyValuePair<string, string>> scratch)
    {
        var strict = what == "labels";
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            if (reader.TokenType != JsonTokenType.Null)
            {
                reader.Skip();
                Complain(strict, $"{what} must be an object of texts.");
            }

            return null;
        }

        scratch.Clear();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonText.Of(ref reader);
            reader.Read();
            if (name.Length == 0)
            {
                reader.Skip();
                Complain(strict, $"A name in {what} is empty.");
            }
            else if (reader.TokenType == JsonTokenType.String)
            {
                scratch.Add(new(name, JsonText.Of(ref reader)));
            }
            else if (ThisText(ref reader) is { } text)
            {
                Warnings.Add($"The value of {SignalLimits.Title(name)} in {what} was not text and was taken as it was written.");
                scratch.Add(new(name, text));
            }
            else if (reader.TokenType != JsonTokenType.Null)
            {
                Complain(strict, $"The value of {SignalLimits.Title(name)} in {what} must be text.");
            }
        }

        return LabelSet.FromOwned([.. scratch]);
    }

    private void Complain(bool fatal, string sentence)
    {
        if (fatal)
        {
            Fault ??= sentence;
        }
        else
        {
            Warnings.Add(sentence);
        }
    }

    /// <summary>Members that only Grafana sends, and unknown ones.</summary>
    private void ReadRare(ref Utf8JsonReader reader)
    {
        if (JsonText.IsName(ref reader, "silenceURL"u8))
        {
            SilenceUrl = ReadText(ref reader);
        }
        else if (JsonText.IsName(ref reader, "dashboardURL"u8))
        {
            DashboardUrl = ReadText(ref reader);
        }
        else if (JsonText.IsName(ref reader, "panelURL"u8))
        {
            PanelUrl = ReadText(ref reader);
        }
        else if (JsonText.IsName(ref reader, "imageURL"u8))
        {
            ImageUrl = ReadText(ref reader);
        }
        else if (JsonText.IsName(ref reader, "valueString"u8))
        {
            ValueString = ReadText(ref reader);
        }
        else if (JsonText.IsName(ref reader, "values"u8))
        {
            Values = ReadValues(ref reader);
        }
        else
        {
            reader.Skip();
        }
    }

    /// <summary>Grafana's map of query to number as <c>A=1, B=93.2</c>; null if it is empty.</summary>
    private static string? ReadValues(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        List<string> values = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = JsonText.Of(ref reader);
            if (ReadText(ref reader) is { } value)
            {
                values.Add($"{name}={value}");
            }
        }

        return values.Count == 0 ? null : string.Join(", ", values);
    }

    private static SenderTime ReadTime(ref Utf8JsonReader reader)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return default;
            case JsonTokenType.String or JsonTokenType.Number when !reader.ValueIsEscaped:
                return SenderTime.Read(reader.ValueSpan);
            case JsonTokenType.String:
                return SenderTime.Read(JsonText.Of(ref reader));
            default:
                reader.Skip();
                return new(SenderTimeKind.Unreadable, default);
        }
    }

    private static string? ThisText(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return JsonText.Of(ref reader);
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                return TextCache.Get(reader.ValueSpan);
            default:
                reader.Skip();
                return null;
        }
    }
}
