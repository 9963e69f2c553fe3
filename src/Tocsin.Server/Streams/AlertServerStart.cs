using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Streams;

/// <summary>Takes over the keys of an alert server whose settings this process was given, so that nobody has to change a key.</summary>
internal sealed class AlertServerStart(
    Database database, WorkspaceStore workspaces, ImportedKeyStore keys, IOptions<AlertServerOptions> options, TimeProvider clock, ILogger<AlertServerStart> logger)
{
    /// <summary>What cannot be read keeps nothing from starting: it is logged, and paging goes on.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        if (options.Value.KeyFolder.Length == 0)
        {
            return;
        }

        var path = Path.Combine(options.Value.KeyFolder, AlertServerKeyFile.Name);
        try
        {
            var read = AlertServerKeyFile.Read(await File.ReadAllBytesAsync(path, ct));
            if (!read.Ok)
            {
                logger.KeysNotRead(path, $"{read.Error.Field}: {read.Error.Detail}");
                return;
            }

            if (await database.ReadAsync(workspaces.ListAsync, ct) is not [var only])
            {
                logger.KeysNotRead(path, "There are several workspaces; say with tocsin import alert-server whose the keys are.");
                return;
            }

            var added = await database.WriteAsync(tx => keys.ImportAsync(tx, only.Id, read.Value, Role.Publisher, clock.GetUtcNow()), ct);
            logger.KeysImported(path, added, read.Value.Count);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.KeysNotRead(path, e.Message);
        }
    }
}

internal static partial class AlertServerLog
{
    [LoggerMessage(2822, LogLevel.Warning, "The keys in {Path} are not taken over: {Reason}")]
    public static partial void KeysNotRead(this ILogger logger, string path, string reason);

    [LoggerMessage(2823, LogLevel.Information, "Of the keys in {Path}, {Added} were new of {Count}; they may publish and read alerts")]
    public static partial void KeysImported(this ILogger logger, string path, int added, int count);
}
