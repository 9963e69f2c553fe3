using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Streams.Backplanes;

namespace Tocsin.Doctor;

/// <summary>Whether nodes hear of each other: says something that no node heeds, and waits for it.</summary>
internal static class BackplaneChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<Finding> RunAsync(BackplaneOptions options, ServerOptions server, Database database, TimeProvider time, CancellationToken ct)
    {
        var word = new Notice($"doctor-{Guid.NewGuid():N}", [], Beat: 1).ToString();
        IBackplane backplane;
        switch (BackplaneSetup.Choose(options, server))
        {
            case BackplaneKind.Postgres:
                backplane = new PostgresBackplane(server.Database, database);
                break;
            case BackplaneKind.Redis:
                backplane = new RedisBackplane(options, $"tocsin-doctor-{Guid.NewGuid():N}", alertHeard: null);
                break;
            default:
                return Finding.Ok("backplane", server.Database.Length > 0 ? "none: each node finds out by looking, up to 2 s later" : "none, and one process needs none");
        }

        var heard = new TaskCompletionSource();
        var asked = time.GetTimestamp();
        try
        {
            await using var line = await backplane.ConnectAsync(
                text =>
                {
                    if (text == word)
                    {
                        heard.TrySetResult();
                    }
                },
                broken => heard.TrySetException(new BackplaneLostException(broken)),
                ct);
            asked = time.GetTimestamp();
            await line.SendAsync(word, ct);
            await heard.Task.WaitAsync(Patience, ct);
            return Finding.Ok("backplane", $"{backplane.Name}: there and back in {time.GetElapsedTime(asked).TotalMilliseconds:0.0} ms");
        }
        catch (BackplaneLostException e)
        {
            return Finding.Warning("backplane", $"{backplane.Name} is away: {e.Message}", "start it, or mend the settings of Backplane; until then nodes hear of each other up to 2 s later");
        }
        catch (TimeoutException)
        {
            return Finding.Warning(
                "backplane", $"{backplane.Name}: what was sent did not come back within {Patience.TotalSeconds:0} s",
                "a pooler in transaction mode does this: name the server itself in Server:Database, or set Backplane:Kind to None");
        }
    }
}
