using Microsoft.Extensions.Hosting;
using Tocsin.Data;

namespace Tocsin.Hosting;

/// <summary>Takes a turn, pauses, takes the next, as long as the process runs: neither a store that is away nor a bug ends it.</summary>
/// <param name="every">Between the end of a turn and the next.</param>
internal abstract class RepeatedWork(TimeSpan every, TimeProvider clock) : BackgroundService
{
    protected TimeProvider Clock => clock;

    public abstract Task TurnAsync(CancellationToken ct);

    /// <summary>The store was away; the next turn tries again.</summary>
    protected abstract void Waits(string reason);

    /// <summary>The turn met a bug; the next one tries again.</summary>
    protected abstract void Broke(Exception bug);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TurnAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException e)
            {
                Waits(e.Message);
            }
#pragma warning disable CA1031 // One of the few places where everything is caught: a bug here must not end the process that pages.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Broke(e);
            }

            await Task.Delay(every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
