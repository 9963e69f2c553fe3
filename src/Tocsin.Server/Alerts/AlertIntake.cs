using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Routing;
using Tocsin.Streams;

namespace Tocsin.Alerts;

/// <summary>Signals of one delivery, ready to be decided: what can be worked out before the store's turn is.</summary>
internal sealed record Intake(string Source, IReadOnlyList<Signal> Signals, DateTimeOffset ReceivedAt)
{
    public IReadOnlyList<IntakeSignal> Prepared { get; } = [.. Signals.Select(signal => IntakeSignal.Of(signal, Source))];
}

internal readonly record struct IntakeSignal(Signal Signal, long Fingerprint, AlertText Text)
{
    public static IntakeSignal Of(Signal signal, string source)
    {
        var text = AlertText.Of(AlertDocument.Of(signal, source));
        _ = text.Json;
        return new(signal, AlertStore.Fingerprint(source, signal.DedupKey), text);
    }
}

/// <summary>How many of an intake's signals changed something.</summary>
internal readonly record struct IntakeResult(int Changed, int Repeated);

/// <summary>
/// Takes signals into the store: deduplicates, routes, groups, opens or joins incidents. All of it happens in the caller's
/// transaction, under the workspace's lock: an alert and its escalation exist together or not at all.
/// </summary>
internal sealed class AlertIntake(AlertStore alerts, IncidentStore incidents, IncidentFlow flow, EventLog log)
{
    public async Task<IntakeResult[]> StoreAsync(Tx tx, EstateSnapshot estate, IReadOnlyList<Intake> intakes, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(estate.Workspace);
        var work = new IntakeWork(estate, now);
        foreach (var intake in intakes)
        {
            foreach (var signal in intake.Prepared)
            {
                work.Expect(signal.Fingerprint);
            }
        }

        work.Known(await alerts.LoadAsync(tx, estate.Workspace, work.Fingerprints));
        var results = new IntakeResult[intakes.Count];
        for (var i = 0; i < intakes.Count; i++)
        {
            results[i] = Decide(work, intakes[i]);
        }

        await SaveAsync(tx, work);
        return results;
    }

    /// <summary>Ends alerts that were not sent again in time.</summary>
    /// <returns>How many ended.</returns>
    public async Task<int> ExpireAsync(Tx tx, EstateSnapshot estate, IReadOnlyCollection<long> fingerprints, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(estate.Workspace);
        var work = new IntakeWork(estate, now);
        var rows = await alerts.LoadAsync(tx, estate.Workspace, fingerprints);
        work.Known(rows);
        foreach (var row in rows)
        {
            if (estate.Source(row.Document.Source).KeepOpenOnExpiry)
            {
                work.Change(row with { State = row.State with { ExpiresAt = null } });
            }
            else if (AlertReducer.Expire(row.State, now) is { Change: AlertChange.Ended } ended)
            {
                work.Change(row with { State = ended.State, UpdatedAt = now });
            }
        }

        await SaveAsync(tx, work);
        return work.Ended.Count;
    }

    /// <summary>Ends what fires only in an incident that a person just resolved: the next time that it is sent it is a new occurrence.</summary>
    /// <returns>How many ended.</returns>
    public async Task<int> LetGoAsync(Tx tx, EstateSnapshot estate, long incident, DateTimeOffset now)
    {
        var work = new IntakeWork(estate, now);
        var rows = await alerts.FiringOnlyInAsync(tx, estate.Workspace, incident);
        work.Known(rows);
        foreach (var row in rows)
        {
            work.Change(row with { State = AlertReducer.LetGo(row.State, now).State, UpdatedAt = now });
        }

        await SaveAsync(tx, work);
        return work.Ended.Count;
    }

    /// <summary>Routes firing alerts that were muted and no longer are.</summary>
    /// <param name="mutedBefore">Later ones are left alone: whoever muted them may know a silence that <paramref name="estate"/> lacks. Null: all.</param>
    /// <returns>How many were routed.</returns>
    public async Task<int> UnmuteAsync(Tx tx, EstateSnapshot estate, DateTimeOffset now, DateTimeOffset? mutedBefore = null)
    {
        await tx.LockWorkspaceAsync(estate.Workspace);
        var work = new IntakeWork(estate, now);
        var rows = await alerts.FiringAsync(tx, estate.Workspace, silenced: true);
        work.Known(rows);
        foreach (var row in rows)
        {
            if (!(row.UpdatedAt > mutedBefore) && estate.Silences.FirstMatch(SubjectOf(row), now) is null)
            {
                work.Change(row with { Silenced = false });
            }
        }

        await SaveAsync(tx, work);
        return work.Fired.Count;
    }

    public static RouteSubject SubjectOf(AlertRow row) => new(
        row.Document.Labels, row.Severity, row.Document.Service, row.Document.Environment, row.Document.Source, row.Document.Title);

    private static IntakeResult Decide(IntakeWork work, Intake intake)
    {
        var (changed, repeated) = (0, 0);
        foreach (var prepared in intake.Prepared)
        {
            if (prepared.Signal.Status is SignalStatus.Firing or SignalStatus.Resolved)
            {
                if (work.Decide(intake, prepared))
                {
                    changed++;
                }
                else
                {
                    repeated++;
                }
            }
            else
            {
                work.Lines.Add(new("alert.info", $"source/{intake.Source}", $"source:{intake.Source}", prepared.Signal.Title));
                changed++;
            }
        }

        return new(changed, repeated);
    }

    private async Task SaveAsync(Tx tx, IntakeWork work)
    {
        var fresh = work.Changed.Where(r => r.Id == 0).ToList();
        if (fresh.Count > 0)
        {
            var ids = await tx.ReserveIdsAsync("alert", fresh.Count);
            for (var i = 0; i < ids.Length; i++)
            {
                work.Identify(fresh[i], ids[i]);
            }
        }

        await alerts.SaveAsync(tx, work.Estate.Workspace, [.. work.Changed]);
        foreach (var (group, members) in work.Groups())
        {
            await JoinAsync(tx, work, group, members);
        }

        await EndAsync(tx, work);
        if (work.Lines.Count > 0)
        {
            await log.AppendAsync(tx, work.Estate.Workspace, work.Now, work.Lines);
        }
    }

    private async Task JoinAsync(Tx tx, IntakeWork work, Destination destination, List<AlertRow> members)
    {
        var (estate, now) = (work.Estate, work.Now);
        var worst = members.Max(m => m.Severity);
        var sample = members[0].Document.Title;
        var actor = $"source:{members[0].Document.Source}";
        var newest = await incidents.NewestOfGroupAsync(tx, estate.Workspace, destination.Group.Hash);
        if (newest is null || (!newest.IsOpen && now - newest.ResolvedAt >= newest.GroupInterval))
        {
            var opened = Open(await incidents.NextNumberAsync(tx, estate.Workspace), estate, destination, members, worst, now);
            await incidents.LinkAsync(tx, estate.Workspace, opened.Number, [.. members.Select(m => m.Id)]);
            await flow.ApplyAsync(tx, estate, opened, new IncidentEvent.Opened(destination.GroupWait, destination.Reason), actor, now);
            return;
        }

        var (added, firing) = await incidents.LinkAsync(tx, estate.Workspace, newest.Number, [.. members.Select(m => m.Id)]);
        if (newest.IsOpen && firing == 0 && worst <= newest.Severity)
        {
            // They ended and fire again within this transaction: for the incident they were never away.
            return;
        }

        IncidentEvent e = newest.IsOpen
            ? new IncidentEvent.AlertsJoined(added, firing, worst, sample)
            : new IncidentEvent.AlertsBack(added, firing, worst, sample);
        await flow.ApplyAsync(tx, estate, newest, e, actor, now);
    }

    private async Task EndAsync(Tx tx, IntakeWork work)
    {
        SortedDictionary<long, List<AlertRow>> ended = [];
        foreach (var row in work.Ended)
        {
            foreach (var number in await incidents.EndLinksAsync(tx, work.Estate.Workspace, row.Id))
            {
                if (!ended.TryGetValue(number, out var rows))
                {
                    ended[number] = rows = [];
                }

                rows.Add(row);
            }
        }

        foreach (var (number, rows) in ended)
        {
            var last = rows[^1].Document;
            await flow.ApplyAsync(tx, work.Estate, number, new IncidentEvent.AlertsEnded(rows.Count, last.Title), $"source:{last.Source}", work.Now);
        }
    }

    private static IncidentState Open(long number, EstateSnapshot estate, Destination destination, List<AlertRow> members, Severity worst, DateTimeOffset now)
    {
        var first = members.First(m => m.Severity == worst);
        var subject = SubjectOf(first);
        return new()
        {
            Number = number,
            Title = first.Document.Title,
            Description = first.Document.Description,
            Severity = worst,
            Urgency = destination.Urgency,
            UrgencyFixed = destination.UrgencyFixed,
            Service = destination.Service,
            Environment = first.Document.Environment,
            Route = destination.Path,
            Policy = estate.Policy(destination.Policy),
            GroupLabels = destination.GroupBy is ["..."]
                ? first.Document.Labels
                : LabelSet.From(destination.GroupBy.Select(name => KeyValuePair.Create(name, subject.Value(name)))),
            GroupHash = destination.Group.Hash,
            GroupInterval = destination.GroupInterval,
            CreatedAt = now,
            UpdatedAt = now,
            AlertCount = members.Count,
            FiringCount = members.Count,
        };
    }
}

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

        var sameText = decision.State.Status == AlertStatus.Resolved || (row.Severity == severity && row.Text.Json == text.Json);
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
