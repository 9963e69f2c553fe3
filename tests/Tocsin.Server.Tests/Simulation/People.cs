using Tocsin.Data;
using Tocsin.Incidents;
using Tocsin.Notify;

namespace Tocsin.Tests.Simulation;

/// <summary>Whoever is paged, and does something about it, or not.</summary>
internal sealed class People(World world, Cluster cluster)
{
    /// <summary>Called when somebody's act was answered with success, with the incident as the answer showed it.</summary>
    public Action<IncidentEvent, IncidentState>? Answered { get; set; }

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

    private async Task ActAsync(long number, string who)
    {
        IncidentEvent e = world.Random.Next(10) switch
        {
            < 5 => new IncidentEvent.Acknowledged(who),
            < 7 => new IncidentEvent.Resolved(who),
            7 => new IncidentEvent.Snoozed(world.Now + world.Between(20, 200), who),
            8 => new IncidentEvent.EscalatedBy(who),
            _ => new IncidentEvent.Noted(who, "on it"),
        };
        for (var tries = 0; tries < 3; tries++)
        {
            if (cluster.Any() is not { } node)
            {
                await world.Outside.WaitAsync(TimeSpan.FromSeconds(2));
                continue;
            }

            world.Say(who, $"{e.GetType().Name} incident {number} at {node.Name}");
            var asked = AskAsync(node, number, e, who);
            await Task.WhenAny(asked, world.Outside.WaitAsync(TimeSpan.FromSeconds(10)));
            if (asked.IsCompleted && await asked is { } state)
            {
                world.Say(who, $"hears that incident {number} is {state.Status}");
                Answered?.Invoke(e, state);
                return;
            }
        }
    }

    private static async Task<IncidentState?> AskAsync(SimulatedNode node, long number, IncidentEvent e, string who)
    {
        try
        {
            return await node.ActAsync(number, e, who);
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }
}
