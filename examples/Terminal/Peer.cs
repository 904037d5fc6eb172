namespace Terminal;

/// <summary>Who is asked, and the proxy in between, if the environment names one.</summary>
internal sealed record Peer(Uri Address, Uri? Proxy)
{
    /// <summary>A server of somebody else's.</summary>
    public static Peer Elsewhere(Uri address) =>
        new(address, HttpClient.DefaultProxy.IsBypassed(address) ? null : HttpClient.DefaultProxy.GetProxy(address));

    /// <summary>The address as it may be printed.</summary>
    public string Shown => Secrets.Show(Address);

    /// <summary>The name and port of the server.</summary>
    public string Name => Address.Authority;

    /// <summary>Begins with a space; empty where there is no proxy.</summary>
    public string Via => Proxy is null ? "" : $" through the proxy {Proxy.Authority}";
}
