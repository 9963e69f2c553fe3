using Tocsin.Estate;
using Tocsin.Issues;
using Tocsin.Routing;
using Tocsin.Streams;

namespace Tocsin.Alerts;

/// <summary>What one transaction's signals came to, before it is written.</summary>
internal sealed class IntakeWork(EstateSnapshot estate, DateTimeOffset now)
{
    private readonly Dictionary<long, AlertRow?> _rows = [];
    private readonly Dictionary<long, AlertRow> _before = [];
    private readonly HashSet<long> _changed = [];
    private readonly HashSet<long> _fired = [];

    public EstateSnapshot Estate => estate;

    public DateTimeOffset Now => now;

    public List<LogLine> Lines { get; } = [];

    /// <summary>Alerts whose sender says that somebody took them on, and the source that says so.</summary>
    public List<(long Fingerprint, string Source)> Acknowledged { get; } = [];

    private readonly List<(CanonicalEvent Event, long Fingerprint, EventOrigin Origin)> _heard = [];

    /// <summary>Canonical events in the order in which they came, each with its alert; also those that changed nothing about the alert.</summary>
    public IReadOnlyList<HeardEvent> Heard => [.. _heard.Where(h => _rows[h.Fingerprint] is not null).Select(h => new HeardEvent(h.Event, _rows[h.Fingerprint]!, h.Origin))];

    public void Hear(IntakeSignal prepared, EventOrigin origin)
    {
        if (prepared.Signal.Canonical is { } e)
        {
            _heard.Add((e, prepared.Fingerprint, origin));
        }
    }

    /// <summary>An alert that its sender said no more of has ended for its issue too.</summary>
    public void HearEnd(AlertRow row)
    {
        if (row.Canonical is { } kept)
        {
            _heard.Add((CanonicalViews.EndOf(kept, now), row.Fingerprint, EventOrigin.Here(now)));
        }
    }

    public Dictionary<long, AlertRow?>.KeyCollection Fingerprints => _rows.Keys;

    public IEnumerable<AlertRow> Changed => _changed.Select(f => _rows[f]!);

    /// <summary>
    /// Alerts to be routed: they fire, nothing mutes them, and they began in this transaction or were muted before it. One that also
    /// ended in this transaction is among them, since a person may have resolved its incident meanwhile.
    /// </summary>
    public IReadOnlyList<AlertRow> Fired => [.. Changed.Where(r => r is { State.Status: AlertStatus.Firing, Silenced: false } && (_fired.Contains(r.Fingerprint) || WasMuted(r)))];

    public IReadOnlyList<AlertRow> Ended =>
        [.. Changed.Where(r => r.State.Status == AlertStatus.Resolved && _before.GetValueOrDefault(r.Fingerprint)?.State.Status == AlertStatus.Firing)];

    public void Expect(long fingerprint) => _rows.TryAdd(fingerprint, null);

    public void Known(List<AlertRow> rows)
    {
        foreach (var row in rows)
        {
            _rows[row.Fingerprint] = _before[row.Fingerprint] = row;
        }
    }

    public void Identify(AlertRow row, long id) => _rows[row.Fingerprint] = row with { Id = id };

    public bool IsFiring(long fingerprint) => _rows.GetValueOrDefault(fingerprint) is { State.Status: AlertStatus.Firing };

    public AlertRow Row(long fingerprint) => _rows[fingerprint]!;

    /// <summary>Whether the alert was first heard of in this transaction.</summary>
    public bool IsNew(AlertRow row) => !_before.ContainsKey(row.Fingerprint);

    public void Change(AlertRow row)
    {
        _rows[row.Fingerprint] = row;
        _changed.Add(row.Fingerprint);
    }

    /// <summary>The changed alerts as they were while they fired, and as they fire now.</summary>
    public IReadOnlyList<(AlertRow? Before, AlertRow? After)> Moves =>
        [.. _changed.Select(f => (Firing(_before.GetValueOrDefault(f)), Firing(_rows[f]))).Where(m => m.Item1 is not null || m.Item2 is not null)];

    /// <summary>Mutes what begins to fire and a silence covers.</summary>
    public void Silence()
    {
        foreach (var row in Changed.Where(r => r.State.Status == AlertStatus.Firing && _fired.Contains(r.Fingerprint)).ToArray())
        {
            Mute(row, estate.SilenceOf(AlertIntake.SubjectOf(row), now) is { } silence ? Routing.Mute.Of(silence, now) : null);
        }
    }

    /// <param name="mute">Null: nothing mutes it.</param>
    public AlertRow Mute(AlertRow row, Mute? mute)
    {
        if (mute is not null)
        {
            Lines.Add(new(
                "alert.suppressed", $"source/{row.Document.Source}", "system", $"{row.Document.Title} is muted by {mute.Sentence}", $$"""{"alert":{{row.Id}}}"""));
        }

        return _rows[row.Fingerprint] = row with { Silenced = mute is not null, MutedBy = mute?.Key };
    }

    /// <summary>An alert that others let go: it is looked at as if it had just come.</summary>
    public AlertRow Unmute(AlertRow row)
    {
        _before.TryAdd(row.Fingerprint, row);
        Change(row with { Silenced = false, MutedBy = null });
        return _rows[row.Fingerprint]!;
    }

    /// <summary>Whether an alert began to fire here, so that what mutes it has been asked already.</summary>
    public bool HasFired(long fingerprint) => _fired.Contains(fingerprint);

    /// <returns>Whether the signal changed something.</returns>
    public bool Decide(Intake intake, IntakeSignal prepared)
    {
        var (signal, fingerprint, text, canonical) = prepared;
        var row = _rows[fingerprint];
        var decision = AlertReducer.Decide(row?.State, signal, intake.ReceivedAt);
        var severity = estate.SeverityOf(signal, intake.Source);
        if (row is null)
        {
            Change(new() { Id = 0, Fingerprint = fingerprint, State = decision.State, UpdatedAt = now, Severity = severity, Text = text, Canonical = canonical });
            Note(fingerprint, decision.Change);
            return true;
        }

        var sameText = decision.State.Status == AlertStatus.Resolved || (row.Severity == severity && row.Canonical == canonical && row.Text.IsSameAs(text));
        if (decision.Change == AlertChange.None && (sameText || decision.State.Status == AlertStatus.Resolved))
        {
            return false;
        }

        var next = row with
        {
            State = decision.State,
            UpdatedAt = now,
            Severity = sameText ? row.Severity : severity,
            Text = sameText ? row.Text : text,
            Canonical = canonical ?? row.Canonical,
        };
        Change(next);
        Note(fingerprint, decision.Change);
        return decision.Change != AlertChange.None;
    }

    /// <summary>The alerts that fire, by where they go. An alert can go to several places.</summary>
    public List<(Destination Destination, List<AlertRow> Members)> Groups()
    {
        Dictionary<long, (Destination Destination, List<AlertRow> Members)> groups = [];
        foreach (var row in Fired)
        {
            foreach (var destination in estate.Router.Decide(AlertIntake.SubjectOf(row)).Destinations)
            {
                if (!groups.TryGetValue(destination.Group.Hash, out var group))
                {
                    groups[destination.Group.Hash] = group = (destination, []);
                }

                group.Members.Add(row);
            }
        }

        return [.. groups.Values];
    }

    private void Note(long fingerprint, AlertChange change)
    {
        if (change == AlertChange.Fired)
        {
            _fired.Add(fingerprint);
        }
    }

    private static AlertRow? Firing(AlertRow? row) => row?.State.Status == AlertStatus.Firing ? row : null;

    private bool WasMuted(AlertRow row) => _before.GetValueOrDefault(row.Fingerprint) is { State.Status: AlertStatus.Firing, Silenced: true };
}
