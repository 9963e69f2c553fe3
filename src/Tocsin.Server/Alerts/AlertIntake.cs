using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Issues;
using Tocsin.Routing;
using Tocsin.Streams;

namespace Tocsin.Alerts;

/// <summary>Signals of one delivery, ready to be decided: what can be worked out before the store's turn is.</summary>
internal sealed record Intake(string Source, IReadOnlyList<Signal> Signals, DateTimeOffset ReceivedAt)
{
    /// <summary>How they came in.</summary>
    public EventOrigin Origin { get; init; } = EventOrigin.Here(ReceivedAt);

    public IReadOnlyList<IntakeSignal> Prepared { get; } = [.. Signals.Select(signal => IntakeSignal.Of(signal, Source))];
}

internal readonly record struct IntakeSignal(Signal Signal, long Fingerprint, AlertText Text, string? Canonical)
{
    public static IntakeSignal Of(Signal signal, string source)
    {
        var text = AlertText.Of(AlertDocument.Of(signal, source));
        _ = text.Utf8;
        return new(signal, AlertStore.Fingerprint(source, signal.DedupKey), text, signal.Canonical is { } canonical ? CanonicalViews.ToText(canonical) : null);
    }
}

/// <summary>How many of an intake's signals changed something.</summary>
internal readonly record struct IntakeResult(int Changed, int Repeated);

/// <summary>
/// Takes signals into the store: deduplicates, routes, groups, opens or joins incidents. All of it happens in the caller's
/// transaction, under the workspace's lock: an alert and its escalation exist together or not at all.
/// </summary>
internal sealed class AlertIntake(AlertStore alerts, IncidentStore incidents, IncidentFlow flow, Mutes mutes, IssueFlow issues, EventLog log)
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

    /// <summary>Logs what published alerts said, before and with what is decided about them.</summary>
    public async Task PublishAsync(Tx tx, long workspace, DateTimeOffset now, IReadOnlyList<LogLine> published)
    {
        await tx.LockWorkspaceAsync(workspace);
        await log.AppendAsync(tx, workspace, now, published);
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
                work.HearEnd(row);
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
        var settled = rows.FindAll(row => !(row.UpdatedAt > mutedBefore));
        var muted = await mutes.OfAsync(tx, estate, settled, now);
        foreach (var row in settled.Where(row => !muted.ContainsKey(row.Id)))
        {
            work.Unmute(row);
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
            work.Hear(prepared, intake.Origin);
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
            else if (prepared.Signal.Status == SignalStatus.Acknowledged && work.IsFiring(prepared.Fingerprint))
            {
                work.Acknowledged.Add((prepared.Fingerprint, intake.Source));
                changed++;
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

        work.Silence();
        await alerts.SaveAsync(tx, work.Estate.Workspace, [.. work.Changed]);
        var inhibition = await InhibitAsync(tx, work);
        await JoinAsync(tx, work);
        await EndAsync(tx, work);
        await AcknowledgeAsync(tx, work);
        await mutes.QuietAsync(tx, work.Estate, inhibition.Muted, work.Now);
        await mutes.StirAsync(tx, work.Estate.Workspace, inhibition.Freed, work.Now);
        await issues.TakeAsync(tx, work.Estate, work.Heard, work.Now);
        if (work.Lines.Count > 0)
        {
            await log.AppendAsync(tx, work.Estate.Workspace, work.Now, work.Lines);
        }
    }

    /// <summary>Mutes what others mute that fire, and lets go what muted alerts wait for in vain. Their rows are stored already.</summary>
    private async Task<InhibitionNews> InhibitAsync(Tx tx, IntakeWork work)
    {
        var estate = work.Estate;
        if (estate.Inhibitions.IsEmpty)
        {
            return InhibitionNews.None;
        }

        var news = await mutes.PlaceAsync(tx, estate, work.Moves);
        var fired = work.Fired;
        var inhibited = await mutes.InhibitedAsync(tx, estate, fired);
        List<AlertRow> changed = [.. fired.Where(row => inhibited.ContainsKey(row.Id)).Select(row => work.Mute(row, inhibited[row.Id]))];

        var freed = (await alerts.FindManyAsync(tx, estate.Workspace, news.Freed))
            .FindAll(row => row is { State.Status: AlertStatus.Firing, Silenced: true } && !work.HasFired(row.Fingerprint));
        var still = await mutes.OfAsync(tx, estate, freed, work.Now);
        changed.AddRange(freed.Select(row => still.TryGetValue(row.Id, out var mute) ? work.Mute(row, mute) : work.Unmute(row)));
        await alerts.SaveAsync(tx, estate.Workspace, changed);
        return news;
    }

    /// <summary>Lets alerts that fire join the incident of their group, or open one.</summary>
    private async Task JoinAsync(Tx tx, IntakeWork work)
    {
        var groups = work.Groups();
        if (groups.Count == 0)
        {
            return;
        }

        var (estate, now) = (work.Estate, work.Now);
        var newest = await incidents.NewestOfGroupsAsync(tx, estate.Workspace, groups.ConvertAll(g => g.Destination.Group.Hash));
        var isOver = groups.ConvertAll(g => !newest.TryGetValue(g.Destination.Group.Hash, out var last) || (!last.IsOpen && now - last.ResolvedAt >= last.GroupInterval));
        var opening = isOver.Count(over => over);
        var number = opening == 0 ? 0 : await incidents.NextNumbersAsync(tx, estate.Workspace, opening);
        List<(long Incident, long Alert)> links = [];
        for (var i = 0; i < groups.Count; i++)
        {
            var (destination, members) = groups[i];
            if (isOver[i])
            {
                await OpenAsync(tx, work, number, destination, members, newest.GetValueOrDefault(destination.Group.Hash));
                links.AddRange(members.Select(m => (number, m.Id)));
                number++;
            }
            else
            {
                await JoinAsync(tx, work, newest[destination.Group.Hash], members, links);
            }
        }

        await incidents.LinkNewAsync(tx, estate.Workspace, links);
    }

    /// <param name="last">The group's last incident, which is over.</param>
    private async Task OpenAsync(Tx tx, IntakeWork work, long number, Destination destination, List<AlertRow> members, IncidentState? last)
    {
        var opened = Open(number, work.Estate, destination, members, members.Max(m => m.Severity), work.Now) with { PagedAt = last is not null && last.Urgency >= destination.Urgency ? last.PagedAt : null };
        await flow.ApplyAsync(tx, work.Estate, opened, new IncidentEvent.Opened(destination.GroupWait, destination.Reason), ActorOf(members), work.Now);
    }

    /// <param name="links">Takes the alerts that no incident can know yet; the others are linked at once, to learn which are new to this one.</param>
    private async Task JoinAsync(Tx tx, IntakeWork work, IncidentState incident, List<AlertRow> members, List<(long Incident, long Alert)> links)
    {
        var (added, firing) = (0, 0);
        var known = members.FindAll(m => !work.IsNew(m));
        if (known.Count > 0)
        {
            (added, firing) = await incidents.LinkAsync(tx, work.Estate.Workspace, incident.Number, known.ConvertAll(m => m.Id));
        }

        links.AddRange(members.Where(work.IsNew).Select(m => (incident.Number, m.Id)));
        var fresh = members.Count - known.Count;
        var worst = members.Max(m => m.Severity);
        if (incident.IsOpen && fresh + firing == 0 && worst <= incident.Severity)
        {
            // They ended and fire again within this transaction: for the incident they were never away.
            return;
        }

        var sample = members[0].Document.Title;
        IncidentEvent e = incident.IsOpen
            ? new IncidentEvent.AlertsJoined(fresh + added, fresh + firing, worst, sample, PriorityOf(members))
            : new IncidentEvent.AlertsBack(fresh + added, fresh + firing, worst, sample, PriorityOf(members));
        await flow.ApplyAsync(tx, work.Estate, incident, e, ActorOf(members), work.Now);
    }

    /// <summary>The most urgent priority that alerts carry; null: none.</summary>
    private static string? PriorityOf(List<AlertRow> members) =>
        members.Select(m => PriorityText.Read(m.Document.Labels[PriorityText.Label])).Aggregate(default(string), PriorityText.MoreUrgent);

    private static string ActorOf(List<AlertRow> members) => $"source:{members[0].Document.Source}";

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

    /// <summary>Some senders know that somebody took an alert on; its incidents hear it as from a person.</summary>
    private async Task AcknowledgeAsync(Tx tx, IntakeWork work)
    {
        foreach (var (fingerprint, source) in work.Acknowledged)
        {
            foreach (var number in await incidents.OfAlertAsync(tx, work.Estate.Workspace, work.Row(fingerprint).Id))
            {
                await flow.ApplyAsync(tx, work.Estate, number, new IncidentEvent.Acknowledged(source), $"source:{source}", work.Now);
            }
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
            PolicyRevision = estate.Model.Revision,
            Priority = PriorityOf(members),
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
