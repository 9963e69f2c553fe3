using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Workspaces;

namespace Tocsin.Streams.Backplanes;

internal static class BackplaneSetup
{
    /// <summary>What the settings choose.</summary>
    public static BackplaneKind Choose(BackplaneOptions options, ServerOptions server) => options.Kind switch
    {
        BackplaneKind.Auto when options.RedisHost.Length > 0 => BackplaneKind.Redis,
        BackplaneKind.Auto => server.Database.Length > 0 ? BackplaneKind.Postgres : BackplaneKind.None,
        var chosen => chosen,
    };

    /// <summary>The backplane that the settings choose, and its services; nothing when they choose none.</summary>
    /// <param name="installation">Tells this installation from others on the same server.</param>
    public static void AddBackplane(this IServiceCollection services, BackplaneOptions options, ServerOptions server, string installation)
    {
        switch (Choose(options, server))
        {
            case BackplaneKind.Redis:
                if (options.Bridge)
                {
                    services.AddSingleton<ForeignIntake>();
                    services.AddSingleton(provider => new AlertBridge(
                        provider.GetRequiredService<Database>(), provider.GetRequiredService<EventLog>(), provider.GetRequiredService<WorkspaceStore>(), provider.GetRequiredService<ForeignIntake>(),
                        options, Channel(installation), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<AlertBridge>>()));
                    services.AddHostedService(provider => provider.GetRequiredService<AlertBridge>());
                }

                services.AddSingleton<IBackplane>(provider => new RedisBackplane(options, Channel(installation), provider.GetService<AlertBridge>() is { } bridge ? bridge.Heard : null));
                break;
            case BackplaneKind.Postgres:
                services.AddSingleton<IBackplane>(provider => new PostgresBackplane(server.Database, provider.GetRequiredService<Database>()));
                break;
            default:
                return;
        }

        services.AddSingleton<BackplaneService>().AddHostedService(provider => provider.GetRequiredService<BackplaneService>());
    }

    private static string Channel(string installation) => $"tocsin-{installation}";
}
