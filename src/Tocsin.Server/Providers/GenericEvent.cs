using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>One object of unknown origin as a canonical event; see <see cref="GenericNames"/> for where what is looked for.</summary>
internal sealed class GenericEvent
{
    private readonly GenericScopes _scopes;
    private readonly InboundRequest _request;
    private readonly GenericGuess _guess;
    private readonly GenericLabels _labels = new();
    private Warnings _warnings;

    private GenericEvent(GenericScopes scopes, InboundRequest request, GenericGuess guess) =>
        (_scopes, _request, _guess) = (scopes, request, guess);

    /// <returns>An error only if there is neither a title nor an id.</returns>
    public static Result<Signal> Read(JsonElement element, InboundRequest request, GenericGuess guess) =>
        new GenericEvent(new(element), request, guess).Read();

    private Result<Signal> Read()
    {
        _labels.TakeMaps(_scopes);
        var (id, title) = TakeIdAndTitle();
        if (title is null && id is null)
        {
            return Error.Invalid(
                "title",
                "There is nothing to make an alert of: the object has no title (title, summary, name, message, text, subject) and no id "
                + "(dedupKey, id, fingerprint, ...).");
        }

        title ??= SignalLimits.Title($"Alert {id}");
        var (status, statusWord) = TakeStatus();
        var severity = TakeSeverity(status, statusWord);
        var (startedAt, endedAt, expiresAt) = TakeTimes(status);
        var description = SignalLimits.Description(Take(GenericNames.Description, "description"), ref _warnings);
        var value = Take(["value"], "value");
        var threshold = Take(["threshold"], "threshold");
        var senderFingerprint = Take(["senderFingerprint"], "fingerprint") ?? id;
        var images = GenericLabels.TakeImages(_scopes);
        _labels.TakeLinks(_scopes, name => _guess.Found("link", name, ["links"]));
        var pipelineKey = PipelineKey();
        _labels.TakeRest(_scopes);

        var (labels, annotations) = (_labels.Labels, _labels.Annotations);
        if (id is null && pipelineKey is null && status == SignalStatus.Resolved)
        {
            _warnings.Add("There is no id: this resolves an alert that had the same title and labels, and no other.");
        }

        var kept = SignalLimits.Labels(labels, ref _warnings);
        return new Signal
        {
            DedupKey = SignalLimits.DedupKey(id ?? pipelineKey ?? KeyOf(title, labels)),
            Status = status,
            Title = title,
            Description = description,
            Severity = severity != Severity.Unset ? severity : LabelHints.Severity(labels, ref _warnings),
            StartedAt = startedAt,
            EndedAt = endedAt,
            ExpiresAt = expiresAt,
            Service = LabelHints.Service(kept),
            Environment = LabelHints.Environment(kept),
            Labels = kept,
            Annotations = SignalLimits.Annotations(annotations, ref _warnings),
            Links = _labels.Links,
            Images = images,
            Value = value is null ? null : SignalLimits.Title(value),
            Threshold = threshold is null ? null : SignalLimits.Title(threshold),
            SenderFingerprint = SignalLimits.SenderFingerprint(senderFingerprint),
            Warnings = _warnings.Sentences,
        };
    }

    private string? Take(string[] names, string what)
    {
        if (_scopes.TakeWords(names) is not { } found)
        {
            return null;
        }

        _guess.Found(what, found.Name, names);
        return found.Text;
    }

    /// <summary>A name is an id where there is no other, and a title all the same.</summary>
    private (string? Id, string? Title) TakeIdAndTitle()
    {
        GenericScopes.Hit? id = null;
        foreach (var hit in _scopes.Find(GenericNames.Id))
        {
            if (GenericScopes.Words(hit.Value) is not null)
            {
                id = hit;
                _guess.Found("id", hit.Name, GenericNames.Id);
                break;
            }
        }

        var title = SignalLimits.Title(Take(GenericNames.Title, "title") ?? "");
        if (id is { } taken)
        {
            _scopes.Take(taken);
        }

        return (id is { } found ? GenericScopes.Words(found.Value) : null, title.Length > 0 ? title : _labels.Line("alertname", "summary"));
    }

    private (SignalStatus Status, string? Word) TakeStatus()
    {
        string? unknown = null;
        foreach (var hit in _scopes.Find(GenericNames.Status))
        {
            if (GenericScopes.Words(hit.Value) is not { } word)
            {
                continue;
            }

            // "alert.resolved" says it with its last word. Only "status" itself may say that this is no alert at all.
            var status = StatusWords.Read(word) ?? StatusWords.Read(word[(word.AsSpan().LastIndexOfAny('.', ':', '/') + 1)..]);
            if (status is { } known && (known != SignalStatus.Info || hit.Name == "status"))
            {
                _scopes.Take(hit);
                _guess.Found("status", hit.Name, GenericNames.Status);
                return (known, word);
            }

            unknown ??= $"The {hit.Name} \"{SignalLimits.Title(word)}\" is not known; it was taken as firing.";
        }

        foreach (var hit in _scopes.Find("resolved"))
        {
            if (hit.Value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            {
                _scopes.Take(hit);
                return (hit.Value.ValueKind == JsonValueKind.True ? SignalStatus.Resolved : SignalStatus.Firing, null);
            }
        }

        if (unknown is not null)
        {
            _warnings.Add(unknown);
        }

        return (SignalStatus.Firing, null);
    }

    private Severity TakeSeverity(SignalStatus status, string? statusWord)
    {
        string? unknown = null;
        foreach (var hit in _scopes.Find(GenericNames.Severity))
        {
            if (GenericScopes.Words(hit.Value) is not { } word)
            {
                continue;
            }

            var severity = SeverityWords.Read(hit.Name == "priority" && word is [>= '0' and <= '5'] ? $"p{word}" : word);
            if (severity != Severity.Unset)
            {
                // A priority stays a label as well: it is the sender's own scale, and the alert pipeline wants it back as it was.
                if (hit.Name != "priority")
                {
                    _scopes.Take(hit);
                }

                _guess.Found("severity", hit.Name, GenericNames.Severity);
                return severity;
            }

            unknown ??= LabelHints.UnknownSeverity(hit.Name, word);
        }

        // Some say "critical" where others say "firing".
        if (status == SignalStatus.Firing && SeverityWords.Read(statusWord) is not Severity.Unset and var implied)
        {
            return implied;
        }

        if (unknown is not null)
        {
            _warnings.Add(unknown);
        }

        return Severity.Unset;
    }

    private (DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, DateTimeOffset? ExpiresAt) TakeTimes(SignalStatus status)
    {
        var start = _scopes.TakeTime(GenericNames.Start);
        var end = _scopes.TakeTime(GenericNames.End);
        var expiry = _scopes.TakeTime(GenericNames.Expiry);
        var resolved = status == SignalStatus.Resolved;
        if (resolved ? end is null : start is null)
        {
            var moment = _scopes.TakeTime(GenericNames.Moment);
            (start, end) = resolved ? (start, moment) : (moment, end);
        }

        var startedAt = start?.Time.Plausible(start.Value.Name, _request.ReceivedAt, ref _warnings);
        if (resolved)
        {
            return (startedAt, end?.Time.Plausible(end.Value.Name, _request.ReceivedAt, ref _warnings), null);
        }

        // A firing alert that names its end promises to be sent again before then.
        var timeout = status == SignalStatus.Firing ? _request.ReceivedAt + _request.Source.ResolveTimeout : null;
        return (startedAt, null, Future(expiry) ?? Future(end) ?? timeout);
    }

    private DateTimeOffset? Future((string Name, SenderTime Time)? time) =>
        time is { Time: { Kind: SenderTimeKind.Set } set } && set.At > _request.ReceivedAt ? set.At : null;

    /// <summary>
    /// The identity of an event of the alert pipeline, as the pipeline itself computes it; null for any other event. Its parts become labels under
    /// their own names.
    /// </summary>
    private string? PipelineKey()
    {
        var top = _scopes.Top;
        if (!top.ContainsKey("schema_version") || !top.ContainsKey("occurred_at")
            || !top.TryGetValue("source", out var source) || source.ValueKind != JsonValueKind.String
            || !top.TryGetValue("title", out var title) || title.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        Dictionary<string, JsonElement> parts = [];
        foreach (var hit in _scopes.Find("identity").Where(h => h.Value.ValueKind == JsonValueKind.Object))
        {
            _scopes.Take(hit);
            _labels.AddLabels(hit.Value);
            parts = GenericScopes.Members(hit.Value);
        }

        string? Part(string name) => parts.TryGetValue(name, out var part) ? JsonText.Of(part) : null;
        return PipelineFingerprint.Of(JsonText.Of(source)!, JsonText.Of(title)!, Part("account_id"), Part("region"), Part("alarm_id"));
    }

    /// <summary>An end says the same title and labels as its beginning, but seldom how bad it was.</summary>
    private static string KeyOf(string title, LabelSet labels)
    {
        // U+0000 never occurs in texts that were read, so that no two identities spell the same.
        var text = new StringBuilder(title);
        foreach (var (name, value) in labels.AsSpan())
        {
            if (!GenericNames.Severity.Contains(name))
            {
                text.Append('\0').Append(name).Append('\0').Append(value);
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
