using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Tocsin.Outgoing;

/// <summary>The target may not be called. The message says why and which setting would allow it; it is safe to show.</summary>
internal sealed class OutgoingRefusedException(string message) : IOException(message);

/// <summary>Turns a name into its addresses. Asked once per connection.</summary>
internal delegate Task<IPAddress[]> Resolve(string host, CancellationToken ct);

/// <summary>
/// Opens every outgoing connection of this process. The name is resolved once and the very address that is connected to is the one
/// that was checked, so a name that changes its answer between check and use gains nothing.
/// </summary>
internal sealed class OutgoingConnector(IOptions<OutgoingOptions> options, TimeProvider clock)
{
    /// <summary>How long one address may keep the others waiting.</summary>
    private static readonly TimeSpan PerAddress = TimeSpan.FromSeconds(3);

    private readonly AllowList _allow = AllowList.Parse(options.Value.Allow, out _);
    private readonly bool _onlyListed = options.Value.OnlyListed;

    /// <summary>Replaced in tests, where names must not leave the machine.</summary>
    internal Resolve Resolve { get; init; } = static (host, ct) => Dns.GetHostAddressesAsync(host, ct);

    /// <summary>Connects to the first address of the host that is allowed and answers.</summary>
    /// <param name="host">A name or a literal address, with or without brackets.</param>
    /// <param name="namedByOperator">The host comes from the process settings, not from a workspace: every address is allowed.</param>
    /// <exception cref="OutgoingRefusedException">No address of the host may be called.</exception>
    /// <exception cref="SocketException">The name is unknown, or nothing answered.</exception>
    public async Task<NetworkStream> ConnectAsync(string host, int port, bool namedByOperator, CancellationToken ct)
    {
        host = host.Trim('[', ']');
        var candidates = IPAddress.TryParse(host, out var literal) ? [literal] : await Resolve(host, ct);
        if (candidates.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        var anyAddress = namedByOperator || _allow.HasName(host, port);
        var allowed = candidates
            .Select(AddressGuard.Unmap)
            .Where(address => anyAddress || _allow.HasAddress(address, port) || WhyRefused(address) is null)
            .ToArray();
        if (allowed.Length == 0)
        {
            throw new OutgoingRefusedException(Refusal(host, port, literal is not null, WhyRefused(candidates[0])!));
        }

        for (var i = 0; ; i++)
        {
            var last = i == allowed.Length - 1;
            try
            {
                return await ConnectAsync(new(allowed[i], port), last ? Timeout.InfiniteTimeSpan : PerAddress, ct);
            }
            catch (SocketException) when (!last)
            {
                // The next address may answer.
            }
            catch (OperationCanceledException) when (!last && !ct.IsCancellationRequested)
            {
                // This address keeps silent; the next one may answer.
            }
        }
    }

    private async Task<NetworkStream> ConnectAsync(IPEndPoint endpoint, TimeSpan limit, CancellationToken ct)
    {
        using var time = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, time.Token);
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint, either.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private string? WhyRefused(IPAddress address) => AddressGuard.WhyRefused(address) ?? (_onlyListed ? "a target that the operator does not list" : null);

    // Names the target as it was written, not what it resolved to: a workspace learns nothing about the network behind.
    private static string Refusal(string host, int port, bool literal, string why)
    {
        var target = host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";
        return $"{target} {(literal ? "is" : "leads to")} {why}, which is not called. "
            + $"If that is meant, the operator adds {target} to the setting Outgoing:Allow (environment: Tocsin__Outgoing__Allow).";
    }
}
