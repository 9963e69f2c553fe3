using Tocsin.Estate;
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

    /// <returns>Whether the signal changed something.</returns>
    public bool Decide(Intake intake, IntakeSignal prepared)
    {
        var (signal, fingerprint, text) = prepared;
        var row = _rows[fingerprint];
        var decision = AlertReducer.Decide(row?.State, signal, intake.ReceivedAt);
        var severity = estate.SeverityOf(signal, intake.Source);
        if (row is null)
        {
            Change(Muted(new() { Id = 0, Fingerprint = fingerprint, State = decision.State, UpdatedAt = now, Severity = severity, Text = text }, decision.Change));
            return true;
        }

        var sameText = decision.State.Status == AlertStatus.Resolved || (row.Severity == severity && row.Text.IsSameAs(text));
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
        };
        Change(Muted(next, decision.Change));
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

    private AlertRow Muted(AlertRow row, AlertChange change)
    {
        if (change != AlertChange.Fired)
        {
            return row;
        }

        _fired.Add(row.Fingerprint);
        var silence = estate.Silences.FirstMatch(AlertIntake.SubjectOf(row), now);
        if (silence is not null)
        {
            Lines.Add(new("alert.suppressed", $"source/{row.Document.Source}", "system", $"{row.Document.Title} is muted by silence {silence.Id}: {silence.Comment}"));
        }

        return row with { Silenced = silence is not null };
    }

    private bool WasMuted(AlertRow row) => _before.GetValueOrDefault(row.Fingerprint) is { State.Status: AlertStatus.Firing, Silenced: true };
}
