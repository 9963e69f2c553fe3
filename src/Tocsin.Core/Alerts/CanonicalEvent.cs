namespace Tocsin.Alerts;

public enum CanonicalState
{
    Firing,
    Resolved,
}

/// <summary>
/// One event of the alert pipeline in its canonical form, version 1 of its schema: what the state of its issue is kept by. Times are UTC in
/// milliseconds.
/// </summary>
public sealed record CanonicalEvent
{
    public const int SchemaVersion = 1;

    /// <summary>1 or more: the version of the schema that the sender wrote by.</summary>
    public int Version { get; init; } = SchemaVersion;

    /// <summary>1 to 50 of letters, digits, <c>_</c> and <c>-</c>: the kind of sender, <c>cloudwatch</c> or <c>grafana</c>, or what a normalized event calls itself.</summary>
    public required string Source { get; init; }

    public required CanonicalState State { get; init; }

    /// <summary>1 to 500 characters.</summary>
    public required string Title { get; init; }

    public string? Description { get; init; }

    public string? Summary { get; init; }

    public string? Reason { get; init; }

    /// <summary>0 to 3, of which 0 is the most urgent: P0 to P3.</summary>
    public required int Priority { get; init; }

    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>The same time as a sender of canonical events wrote it; null if it was worked out here.</summary>
    public string? OccurredAtText { get; init; }

    /// <summary>1 to 10 names, each 1 to 50 of letters, digits, <c>_</c> and <c>-</c>.</summary>
    public required IReadOnlyList<string> Teams { get; init; }

    public string? AccountId { get; init; }

    public string? Region { get; init; }

    public string? AlarmId { get; init; }

    /// <summary>An absolute http or https address of at most 2,048 characters as it was sent, as are the other three.</summary>
    public string? RunbookUrl { get; init; }

    public string? DashboardUrl { get; init; }

    public string? SourceUrl { get; init; }

    public string? SilenceUrl { get; init; }

    /// <summary>JSON: what the sender's own provider had said, as a sender of canonical events passed it on; null if it passed nothing on.</summary>
    public string? RawProvider { get; init; }

    /// <summary>The text that is hashed.</summary>
    public string FingerprintInput => PipelineFingerprint.Input(Source, Title, AccountId, Region, AlarmId);

    /// <summary>Sixty-four lower-case hexadecimal digits, the same for each event of one alarm.</summary>
    public string Fingerprint => PipelineFingerprint.Of(Source, Title, AccountId, Region, AlarmId);

    /// <summary>
    /// What of the event the schema does not allow, each with the field's name on the wire; empty if nothing is. Lengths are in code points, as JSON
    /// Schema counts them.
    /// </summary>
    public IReadOnlyList<Error> Check()
    {
        List<Error> errors = [];
        if (Version < 1)
        {
            errors.Add(Error.Invalid("schema_version", "schema_version is a whole number from 1."));
        }

        Length("source", Source, 1, 50);
        Word("source", Source);
        Length("title", Title, 1, 500);
        Length("description", Description, 0, 4000);
        Length("summary", Summary, 0, 1000);
        Length("reason", Reason, 0, 2000);
        if (Priority is < 0 or > 3)
        {
            errors.Add(Error.Invalid("priority", "priority is P0, P1, P2 or P3."));
        }

        if (Teams.Count is < 1 or > 10)
        {
            errors.Add(Error.Invalid("teams", $"teams has 1 to 10 items, not {Teams.Count}."));
        }

        foreach (var team in Teams)
        {
            Length("teams", team, 1, 50);
            Word("teams", team);
        }

        Length("identity.account_id", AccountId, 1, 100);
        Word("identity.account_id", AccountId);
        Length("identity.region", Region, 1, 50);
        Word("identity.region", Region);
        Length("identity.alarm_id", AlarmId, 0, 1024);
        foreach (var (name, url) in new[] { ("runbook_url", RunbookUrl), ("dashboard_url", DashboardUrl), ("source_url", SourceUrl), ("silence_url", SilenceUrl) })
        {
            if (url is not null && PipelineText.UrlFault(url) is { } fault)
            {
                errors.Add(Error.Invalid($"links.{name}", $"links.{name} {fault}."));
            }
        }

        return errors;

        void Length(string field, string? text, int least, int most)
        {
            if (text is not null && (text.Length < least || (text.Length > most && PipelineText.CodePoints(text) > most)))
            {
                errors.Add(Error.Invalid(field, $"{field} has {least} to {most} characters."));
            }
        }

        void Word(string field, string? text)
        {
            if (text is { Length: > 0 } && !PipelineText.IsWord(text))
            {
                errors.Add(Error.Invalid(field, $"{field} has letters, digits, _ and - only."));
            }
        }
    }
}
