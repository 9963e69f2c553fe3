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
        if (request.Message.Kind != MessageKind.Page || !world.Chance(0.5) || cluster.IsCalm)
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
        (string Name, Func<IncidentDesk, string, Task<Result<IncidentState>>> Do) act = world.Random.Next(10) switch
        {
            < 5 => ("acknowledges", (desk, by) => desk.AcknowledgeAsync(1, number, by, default)),
            < 7 => ("resolves", (desk, by) => desk.ResolveAsync(1, number, by, default)),
            7 => ("snoozes", (desk, by) => desk.SnoozeAsync(1, number, until, by, default)),
            8 => ("escalates", (desk, by) => desk.EscalateAsync(1, number, by, default)),
            _ => ("notes", (desk, by) => desk.NoteAsync(1, number, "on it", by, default)),
        };
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
