using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Streams;

/// <summary>
/// Looks again and again whether the credential that a stream was opened with still holds: a key that was revoked, or a session that ended, hears
/// nothing more within five seconds. One look serves all streams of one credential.
/// </summary>
internal sealed class StreamGuard(Admission admission, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>With the four seconds that the key ring remembers, five in all.</summary>
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<Presented, Watch> _watches = [];

    /// <summary>Begins to look after the credential of a request that was admitted.</summary>
    /// <returns>To be given back by <see cref="Leave"/>.</returns>
    public Watch Enter(HttpRequest request)
    {
        var credential = Presented.In(request);
        lock (_gate)
        {
            if (!_watches.TryGetValue(credential, out var watch))
            {
                _watches[credential] = watch = new(credential);
                watch.Run = RunAsync(watch);
            }

            watch.Streams++;
            return watch;
        }
    }

    public void Leave(Watch watch)
    {
        lock (_gate)
        {
            if (--watch.Streams == 0)
            {
                _watches.Remove(watch.Credential);
                watch.Stop.Cancel();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Watch[] left;
        lock (_gate)
        {
            left = [.. _watches.Values];
        }

        foreach (var watch in left)
        {
            await watch.Stop.CancelAsync();
            await watch.Run;
        }
    }

    private async Task RunAsync(Watch watch)
    {
        try
        {
            do
            {
                await Task.Delay(_every, clock, watch.Stop.Token);
            }
            while (await HoldsAsync(watch.Credential, watch.Stop.Token));

            await watch.Over.CancelAsync();
        }
        catch (OperationCanceledException) when (watch.Stop.IsCancellationRequested)
        {
            // Nobody uses it any more.
        }
    }

    private async Task<bool> HoldsAsync(Presented credential, CancellationToken ct)
    {
        try
        {
            return await admission.FindAsync(credential, ct) is not null;
        }
        catch (StoreUnavailableException)
        {
            // Nobody can tell now, and nothing new is heard from a store that is away.
            return true;
        }
    }

    /// <summary>One credential that streams are open with.</summary>
    internal sealed class Watch(Presented credential)
    {
        public Presented Credential => credential;

        /// <summary>Cancelled when the credential no longer holds.</summary>
        public CancellationTokenSource Over { get; } = new();

        /// <summary>Ends the looking.</summary>
        public CancellationTokenSource Stop { get; } = new();

        public int Streams { get; set; }

        public Task Run { get; set; } = Task.CompletedTask;
    }
}
