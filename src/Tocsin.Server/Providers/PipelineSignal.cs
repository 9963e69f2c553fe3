using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>Between what Tocsin decides by and the canonical event of the alert pipeline, in both directions.</summary>
internal static class PipelineSignal
{
    /// <summary>A signal with its canonical event, what is to be said of that, and the team and the priority among its labels, so that routes can ask for them.</summary>
    public static Signal With(PipelineItem item, PipelineRules rules, Signal signal)
    {
        if (item.Ignored)
        {
            return signal with { Status = SignalStatus.Info, Warnings = [.. signal.Warnings, .. item.Warnings] };
        }

        // Whoever never heard of the pipeline is not told on each alert what he left out; whoever names a team or a priority means it.
        var isMeant = rules.IsAsked || item.Event is not null || signal.Labels["team"].Length > 0 || signal.Labels["priority"].Length > 0;
        return signal with
        {
            Canonical = item.Event,
            Labels = item.Event is { } canonical ? Labelled(signal.Labels, canonical) : signal.Labels,
            Warnings = isMeant ? [.. signal.Warnings, .. item.Warnings, .. item.Faults.Select(f => $"{f.Message} There is no canonical event.")] : signal.Warnings,
        };
    }

    /// <summary>What pages, made of a canonical event alone.</summary>
    public static Signal Of(CanonicalEvent canonical, InboundRequest request)
    {
        var warnings = default(Warnings);
        var firing = canonical.State == CanonicalState.Firing;
        var at = new SenderTime(SenderTimeKind.Set, canonical.OccurredAt).Plausible("occurred_at", request.ReceivedAt, ref warnings);
        List<Link>? links = null;
        HttpLink.Add(ref links, "Runbook", canonical.RunbookUrl);
        HttpLink.Add(ref links, "Dashboard", canonical.DashboardUrl);
        HttpLink.Add(ref links, "Source", canonical.SourceUrl);
        HttpLink.Add(ref links, "Silence", canonical.SilenceUrl);
        var title = SignalLimits.Title(canonical.Title) is { Length: > 0 } line ? line : "Alert without a title";
        var labels = LabelSet.Of(
            ("alertname", title), ("source", canonical.Source), ("account", canonical.AccountId ?? ""), ("region", canonical.Region ?? ""));
        return new()
        {
            DedupKey = canonical.Fingerprint,
            Status = firing ? SignalStatus.Firing : SignalStatus.Resolved,
            Title = title,
            Description = SignalLimits.Description(
                string.Join("\n\n", new[] { canonical.Summary, canonical.Description, canonical.Reason }.Where(t => !string.IsNullOrWhiteSpace(t))), ref warnings),
            Severity = SeverityWords.Read(PriorityWord(canonical.Priority)),
            StartedAt = firing ? at : null,
            EndedAt = firing ? null : at,
            ExpiresAt = firing ? request.ReceivedAt + request.Source.ResolveTimeout : null,
            Labels = SignalLimits.Labels(Labelled(labels, canonical), ref warnings),
            Links = links ?? (IReadOnlyList<Link>)[],
            SenderFingerprint = SignalLimits.SenderFingerprint(canonical.AlarmId),
            Canonical = canonical,
            Warnings = warnings.Sentences,
        };
    }

    /// <summary>
    /// The canonical event of an alert of any other source, whose labels name a team and a priority of P0 to P3; null of those that do not, and of what is
    /// neither a beginning nor an end.
    /// </summary>
    /// <param name="type">The source's type.</param>
    public static CanonicalEvent? Derive(Signal signal, string type, DateTimeOffset receivedAt)
    {
        if (signal.Labels["priority"] is not { Length: > 0 } word || PipelineText.Priority(word) is not { } priority
            || signal.Status is not (SignalStatus.Firing or SignalStatus.Resolved))
        {
            return null;
        }

        var findings = new PipelineFindings(strict: false);
        var teams = PipelineText.Teams(signal.Labels["teams"] is { Length: > 0 } several ? several : signal.Labels["team"], findings);
        if (teams.Count == 0)
        {
            return null;
        }

        var firing = signal.Status == SignalStatus.Firing;
        var made = new CanonicalEvent
        {
            Source = type,
            State = firing ? CanonicalState.Firing : CanonicalState.Resolved,
            Title = signal.Title,
            Description = PipelineText.Clean(signal.Description, 4000),
            Summary = PipelineText.Clean(signal.Annotations["summary"], 1000),
            Reason = PipelineText.Clean(signal.Value, 2000),
            Priority = priority,
            OccurredAt = PipelineText.Milliseconds((firing ? signal.StartedAt : signal.EndedAt) ?? receivedAt),
            Teams = teams,
            AccountId = PipelineDefaults.Account(signal.Labels["account"], findings),
            Region = PipelineDefaults.Region(signal.Labels["region"], findings),
            AlarmId = PipelineDefaults.AlarmId(signal.DedupKey, findings),
            RunbookUrl = PipelineText.Url(Href(signal, "Runbook"), "runbook_url", findings),
            DashboardUrl = PipelineText.Url(Href(signal, "Dashboard"), "dashboard_url", findings),
            SourceUrl = PipelineText.Url(signal.Links.FirstOrDefault(l => l.Text is not ("Runbook" or "Dashboard" or "Silence"))?.Href, "source_url", findings),
            SilenceUrl = PipelineText.Url(Href(signal, "Silence"), "silence_url", findings),
        };
        return made.Check().Count == 0 ? made : null;
    }

    public static string PriorityWord(int priority) => priority switch
    {
        0 => "P0",
        1 => "P1",
        2 => "P2",
        _ => "P3",
    };

    private static string? Href(Signal signal, string text) => signal.Links.FirstOrDefault(l => l.Text == text)?.Href;

    private static LabelSet Labelled(LabelSet labels, CanonicalEvent canonical)
    {
        List<KeyValuePair<string, string>> pairs = [.. labels];
        Add("team", canonical.Teams[0]);
        Add("priority", PriorityWord(canonical.Priority));
        if (canonical.Teams.Count > 1)
        {
            Add("teams", string.Join(',', canonical.Teams));
        }

        return pairs.Count == labels.Count ? labels : LabelSet.FromOwned([.. pairs]);

        void Add(string name, string value)
        {
            if (labels[name].Length == 0)
            {
                pairs.Add(new(name, value));
            }
        }
    }
}
