using Tocsin.Data;
using Tocsin.Incidents;
using Tocsin.Notify;

namespace Tocsin.Tests.Simulation;

/// <summary>Whoever is paged, and does something about it, or not.</summary>
internal sealed class People(World world, Cluster cluster, StoreAudit store)
{
    /// <summary>Called when somebody's act was answered with success, with the incident as the answer showed it.</summary>
    public Action<IncidentState>? Answered { get; set; }

    public void Receive(Request request)
    {
        if (request.Message.Kind == MessageKind.Asked && world.Chance(0.7))
        {
            var joins = world.Chance(0.5);
            world.Watch(world.Outside.RunAsync(async () =>
            {
                await world.Outside.WaitAsync(world.Between(0.05, 90));
                await TellAsync(request.Message.Incident, request.Message.Recipient, (joins ? "joins" : "declines", (desk, by) => desk.AnswerAsync(1, request.Message.Incident, joins, by, default)));
            }), world.Outside);
            return;
        }

        if (request.Message.Kind is not (MessageKind.Page or MessageKind.Reminder) || !world.Chance(0.5) || cluster.IsCalm)
        {
            return;
        }

        world.Watch(world.Outside.RunAsync(async () =>
        {
            await world.Outside.WaitAsync(world.Chance(0.3) ? world.Between(0.05, 1) : world.Between(1, 120));
            await ActAsync(request.Message.Incident, request.Message.Recipient);
        }), world.Outside);
    }

    /// <summary>Somebody looks at the list and does something about one of those that page.</summary>
    public void ActSoon()
    {
        var paging = store.AllIncidents().Where(i => i.Status == IncidentStatus.Triggered).Take(3).ToArray();
        if (paging.Length > 0)
        {
            var number = world.Pick(paging).Number;
            world.Watch(world.Outside.RunAsync(async () =>
            {
                await world.Outside.WaitAsync(world.Between(0.01, 3));
                await ActAsync(number, "bo");
            }), world.Outside);
        }
    }

    private async Task ActAsync(long number, string who)
    {
        var until = world.Now + world.Between(20, 200);
        (string Name, Func<IncidentDesk, string, Task<Result<IncidentState>>> Do) act = world.Random.Next(14) switch
        {
            < 5 => ("acknowledges", (desk, by) => desk.AcknowledgeAsync(1, number, by, default)),
            < 7 => ("resolves", (desk, by) => desk.ResolveAsync(1, number, by, default)),
            7 => ("snoozes", (desk, by) => desk.SnoozeAsync(1, number, until, by, default)),
            8 => ("escalates", (desk, by) => desk.EscalateAsync(1, number, by, default)),
            9 => Handing(number),
            10 or 11 => Asking(number),
            12 => ("moves on by the new policy", (desk, by) => desk.MovePolicyAsync(1, number, by, default)),
            _ => ("notes", (desk, by) => desk.NoteAsync(1, number, "on it", by, default)),
        };
        await TellAsync(number, who, act);
    }

    private (string, Func<IncidentDesk, string, Task<Result<IncidentState>>>) Handing(long number)
    {
        var to = world.Pick(["user:bo", "user:cy", "team:all", "schedule:days", "policy:turns", "user:nobody"]);
        return ($"hands to {to}", (desk, by) => desk.ReassignAsync(1, number, to, null, by, default));
    }

    private (string, Func<IncidentDesk, string, Task<Result<IncidentState>>>) Asking(long number)
    {
        var to = world.Pick(["user:bo", "user:cy", "team:all", "channel:room"]);
        return ($"asks {to} for help with", (desk, by) => desk.AskAsync(1, number, [to], null, by, default));
    }

    /// <summary>When all is calm somebody looks at what nobody answered, or what would page again and again, and ends it.</summary>
    /// <param name="patience">How often administrators hear of it before.</param>
    public void TidyUp(int patience) => world.Watch(world.Outside.RunAsync(async () =>
    {
        while (true)
        {
            await world.Outside.WaitAsync(TimeSpan.FromSeconds(100));
            foreach (var incident in store.AllIncidents().Where(i =>
                (i is { Status: IncidentStatus.Triggered, Escalation: EscalationStatus.Exhausted, NextAt: not null } && i.TimesUnanswered >= patience)
                || i is { Status: IncidentStatus.Acknowledged, NextAt: not null }))
            {
                await TellAsync(incident.Number, "root", ("resolves", (desk, by) => desk.ResolveAsync(1, incident.Number, by, default)));
            }
        }
    }), world.Outside);

    private async Task TellAsync(long number, string who, (string Name, Func<IncidentDesk, string, Task<Result<IncidentState>>> Do) act)
    {
        for (var tries = 0; tries < 3; tries++)
        {
            if (cluster.Any() is not { } node)
            {
                await world.Outside.WaitAsync(TimeSpan.FromSeconds(2));
                continue;
            }

            world.Say(who, $"{act.Name} incident {number} at {node.Name}");
            var asked = AnswerAsync(node.AskAsync(parts => act.Do(parts.Incident, $"user:{who}")));
            await Task.WhenAny(asked, world.Outside.WaitAsync(TimeSpan.FromSeconds(10)));
            if (asked.IsCompleted && await asked is { } answer)
            {
                world.Say(who, $"hears that incident {number} is {answer.Value?.Status.ToString() ?? answer.Error!.Detail}");
                if (answer.Value is { } state)
                {
                    Answered?.Invoke(state);
                }

                return;
            }
        }
    }

    /// <returns>Null when the node could not store it: the person has no answer.</returns>
    private static async Task<Result<IncidentState>?> AnswerAsync(Task<Result<IncidentState>> asked)
    {
        try
        {
            return await asked;
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
